import { Button, Skeleton, Stack } from '@mantine/core';
import { IconSearchOff } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client';
import { type Column, DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { LoadMore } from '../../ui/LoadMore';
import { ProblemNotice } from '../../ui/ProblemNotice';
import classes from './parts.module.css';

interface ListProps<Row> {
  query: UseInfiniteQueryResult<InfiniteData<{ items: Row[] }>, unknown>;
  columns: ReadonlyArray<Column<Row>>;
  rowKey: (row: Row) => string;
  rowHref?: (row: Row) => string;
  onRow?: (row: Row) => void;
  caption: string;
  mobile: (row: Row) => ReactNode;
  /** What stands there when there is nothing at all. */
  empty: ReactNode;
  /** The next page comes when it is asked for, because something stands below. */
  byHand?: boolean;
  /** Shows everything again, where something narrows the list down. */
  onClear?: (() => void) | undefined;
}

/** A list of the api's, page by page, with its states. */
export function List<Row>({
  query,
  empty,
  onClear,
  rowHref,
  onRow,
  byHand = false,
  ...table
}: ListProps<Row>) {
  const { t } = useTranslation('money');
  const { t: common } = useTranslation('ui');
  const pages = query.data?.pages;
  if (pages === undefined)
    return query.isError ? (
      <div className={classes.padded}>
        <ProblemNotice
          problem={query.error instanceof ApiProblem ? query.error : new ApiProblem({})}
          onRetry={() => void query.refetch()}
        />
      </div>
    ) : (
      <Stack
        className={classes.padded}
        gap="sm"
        role="status"
        aria-busy="true"
        aria-label={common('loading')}
      >
        {[0, 1, 2, 3, 4, 5].map((row) => (
          <Skeleton key={row} height={40} />
        ))}
      </Stack>
    );
  const rows = pages.flatMap((page) => page.items);
  if (rows.length === 0)
    return onClear === undefined ? (
      empty
    ) : (
      <Empty
        icon={<IconSearchOff size={36} stroke={1.5} aria-hidden="true" />}
        title={t('list.noneFound')}
        action={
          <Button variant="default" mt="sm" onClick={onClear}>
            {t('list.clear')}
          </Button>
        }
      >
        {t('list.noneFoundText')}
      </Empty>
    );
  return (
    <div data-stale={query.isPlaceholderData || undefined} className={classes.list}>
      <DataTable rows={rows} {...(rowHref && { rowHref })} {...(onRow && { onRow })} {...table} />
      <LoadMore query={query} byHand={byHand} />
    </div>
  );
}

/** How a list is asked for page by page; a long one is not fetched again from its beginning by itself. */
export const PAGING = {
  getNextPageParam: (last: { next?: string | null }) => last.next ?? undefined,
  refetchOnWindowFocus: ({ state }: { state: { data?: { pages: unknown[] } | undefined } }) =>
    (state.data?.pages.length ?? 0) <= 4,
} as const;
