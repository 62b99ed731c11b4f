import { Skeleton } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LoyaltyShowCustomerResponse as Customer, Stamp } from '../../../api';
import {
  loyaltyListStaffOptions,
  loyaltyListStampsInfiniteOptions,
} from '../../../api/@tanstack/react-query.gen';
import { ApiProblem } from '../../../client';
import { useBusiness } from '../../../shell/session';
import { LoadMore } from '../../../ui/LoadMore';
import { Panel } from '../../../ui/Panel';
import { ProblemNotice } from '../../../ui/ProblemNotice';
import classes from './History.module.css';
import { StampRow } from './StampRow';
import { VoidDialog } from './VoidDialog';

const PAGE = 25;
const YEAR = 366;

/** Every stamp that the member was ever given, also those that were taken back. */
export function History({ member }: { member: Customer }) {
  const { t } = useTranslation('loyalty');
  const { headers, may } = useBusiness();
  const [voiding, setVoiding] = useState<Stamp | null>(null);
  const question = { headers, path: { customer_id: member.id }, query: { limit: PAGE } };
  const stamps = useInfiniteQuery({
    ...loyaltyListStampsInfiniteOptions(question),
    initialPageParam: question,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  // Who stamped is known by id; the report on staff has the names that this person may see.
  const staff = useQuery(loyaltyListStaffOptions({ headers, query: { window_days: YEAR } }));
  const names = new Map(staff.data?.map(({ id, name }) => [id, name]));
  const programs = new Map(member.cards.map((card) => [card.program_id, card.program]));
  if (stamps.data === undefined)
    return (
      <Panel title={t('history.title')}>
        {stamps.error instanceof ApiProblem ? (
          <ProblemNotice problem={stamps.error} onRetry={() => void stamps.refetch()} />
        ) : (
          <Skeleton height={200} />
        )}
      </Panel>
    );
  const given = stamps.data.pages.flatMap((page) => page.items);
  return (
    <Panel title={t('history.title')} flush>
      {given.length === 0 ? (
        <p className={classes.empty}>{t('history.empty')}</p>
      ) : (
        <ol className={classes.history}>
          {given.map((stamp) => (
            <StampRow
              key={stamp.id}
              stamp={stamp}
              program={programs.size > 1 ? programs.get(stamp.program_id) : undefined}
              by={stamp.stamped_by === null ? undefined : names.get(stamp.stamped_by)}
              onVoid={may('loyalty.void') && stamp.voided_at === null ? () => setVoiding(stamp) : undefined}
            />
          ))}
        </ol>
      )}
      <LoadMore query={stamps} />
      <VoidDialog stamp={voiding} member={member} onClose={() => setVoiding(null)} />
    </Panel>
  );
}
