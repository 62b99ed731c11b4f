import { Button, Skeleton } from '@mantine/core';
import { IconSearchOff, IconUsers } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { LoyaltyMembersMember, LoyaltyMembersMemberListing } from '../../../api';
import { ApiProblem } from '../../../client';
import { useBusiness } from '../../../shell/session';
import { Empty } from '../../../ui/Empty';
import { LoadMore } from '../../../ui/LoadMore';
import { ProblemNotice } from '../../../ui/ProblemNotice';
import classes from './MemberList.module.css';
import { MemberRow } from './MemberRow';

interface MemberListProps {
  query: UseInfiniteQueryResult<InfiniteData<LoyaltyMembersMemberListing>, unknown>;
  /** Something was searched or filtered. */
  filtered: boolean;
  onEnrol: (() => void) | undefined;
  onClear: () => void;
}

const COLUMNS = ['name', 'phone', 'visits', 'last', 'usually', 'since'] as const;

/** Members, page by page; a page that is out of sight costs neither layout nor paint. */
export function MemberList({ query, filtered, onEnrol, onClear }: MemberListProps) {
  const { t } = useTranslation('loyalty');
  const pages = query.data?.pages;
  if (pages === undefined && query.isError) {
    const problem = query.error instanceof ApiProblem ? query.error : new ApiProblem({});
    return (
      <div className={classes.problem}>
        <ProblemNotice problem={problem} onRetry={() => void query.refetch()} />
      </div>
    );
  }
  if (pages !== undefined && pages[0]?.items.length === 0)
    return filtered ? (
      <Empty
        icon={<IconSearchOff size={36} stroke={1.5} aria-hidden="true" />}
        title={t('members.noneFound')}
        action={
          <Button variant="default" mt="sm" onClick={onClear}>
            {t('members.clear')}
          </Button>
        }
      >
        {t('members.noneFoundText')}
      </Empty>
    ) : (
      <Empty
        icon={<IconUsers size={36} stroke={1.5} aria-hidden="true" />}
        title={t('members.none')}
        action={
          onEnrol !== undefined && (
            <Button mt="sm" onClick={onEnrol}>
              {t('members.enrol')}
            </Button>
          )
        }
      >
        {t('members.noneText')}
      </Empty>
    );
  return (
    <>
      <table
        className={classes.table}
        aria-label={t('members.title')}
        aria-busy={query.isPending}
        data-stale={query.isPlaceholderData || undefined}
      >
        <thead className={classes.head}>
          <tr className={classes.row}>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" className={classes[column]}>
                {t(`members.column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        {pages === undefined ? (
          <RowSkeletons />
        ) : (
          pages.map((page) => <Rows key={page.items[0]?.id ?? 'none'} members={page.items} />)
        )}
      </table>
      {pages !== undefined && <LoadMore query={query} />}
    </>
  );
}

/** One page; it is drawn again only when its members change. */
const Rows = memo(function Rows({ members }: { members: LoyaltyMembersMember[] }) {
  const { slug, timezone } = useBusiness();
  return (
    <tbody className={classes.page}>
      {members.map((member) => (
        <MemberRow key={member.id} member={member} slug={slug} timezone={timezone} />
      ))}
    </tbody>
  );
});

function RowSkeletons() {
  return (
    <tbody>
      {Array.from({ length: 12 }, (_, row) => (
        <tr className={classes.row} key={`row-${row.toString()}`}>
          <td className={classes.name}>
            <Skeleton height={16} width="60%" />
          </td>
          <td className={classes.phone}>
            <Skeleton height={14} width="80%" />
          </td>
        </tr>
      ))}
    </tbody>
  );
}
