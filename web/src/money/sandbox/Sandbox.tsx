import { Button, Group } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { sandboxCreateDeed } from '../../api';
import { sandboxListPaymentsInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useNotice } from '../../ui/useNotice';
import { forget } from '../parts/forget';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { deedsOf, type SandboxCharge } from './deeds';

const PAGE = 50;

/** What the provider in the box keeps, with buttons for what a payer or a bank would do. */
export function Sandbox() {
  const { t } = useTranslation('payouts');
  const { headers, timezone } = useBusiness();
  const { money, moment } = useFormats({ timezone });
  const client = useQueryClient();
  const notice = useNotice();
  const question = { headers, query: { limit: PAGE } };
  const charges = useInfiniteQuery({
    ...sandboxListPaymentsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  const act = useCommand({
    send: ({ ref, what }: { ref: string; what: ReturnType<typeof deedsOf>[number] }, attempt) =>
      sandboxCreateDeed({ headers: { ...headers, ...attempt.headers }, path: { ref }, body: { what } }),
    onSuccess: async () => {
      notice(t('sandbox.done'));
      await forget(client, ['sandboxListPayments']);
    },
  });
  const buttons = (charge: SandboxCharge) => (
    <Group gap="xs" justify="flex-end">
      {deedsOf(charge).map((what) => (
        <Button
          key={what}
          size="xs"
          variant="default"
          disabled={act.isPending}
          onClick={() => act.mutate({ ref: charge.ref, what })}
        >
          {t(`sandbox.${what}`)}
        </Button>
      ))}
    </Group>
  );
  const badge = ({ standing, dispute }: SandboxCharge) => (
    <StatusBadge
      tone={
        dispute !== null ? 'bad' : standing === 'captured' ? 'good' : standing === 'failed' ? 'bad' : 'warn'
      }
    >
      {dispute ?? standing}
    </StatusBadge>
  );
  return (
    <Page title={t('sandbox')} description={t('sandbox.description')}>
      <FormError problem={act.error} />
      <Panel flush>
        <List
          query={charges}
          columns={[
            {
              key: 'ref',
              header: t('sandbox.charge'),
              cell: ({ ref, at, brand, last4 }) => (
                <>
                  <code className={classes.strong}>{ref.slice(0, 14)}…</code>
                  <div className={classes.faint}>
                    {moment(at)} · {brand} {last4}
                  </div>
                </>
              ),
            },
            { key: 'amount', header: t('amount'), align: 'right', cell: ({ amount }) => money(amount) },
            { key: 'state', header: t('state'), cell: badge },
            { key: 'deeds', header: t('sandbox.deeds'), align: 'right', cell: buttons },
          ]}
          rowKey={({ ref }) => ref}
          caption={t('sandbox')}
          mobile={(charge) => (
            <span className={classes.card}>
              <code className={classes.strong}>{charge.ref.slice(0, 14)}…</code>
              <span className={classes.strong}>{money(charge.amount)}</span>
              {badge(charge)}
              {buttons(charge)}
            </span>
          )}
          empty={
            <Empty icon={<IconFlask size={36} stroke={1.5} aria-hidden="true" />} title={t('sandbox.none')}>
              {t('sandbox.noneText')}
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
