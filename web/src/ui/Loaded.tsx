import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../client';
import { ProblemNotice } from './ProblemNotice';

interface LoadedProps<Data> {
  query: UseQueryResult<Data, unknown>;
  /** What stands in the place of the content until it is there; of the same size, so that nothing jumps. */
  skeleton?: ReactNode;
  /** What to show when there is nothing; decided by `isEmpty`. */
  empty?: ReactNode;
  isEmpty?: (data: Data) => boolean;
  children: (data: Data) => ReactNode;
}

/** The four states of what comes from the api: loading, failed (or offline without anything known), empty, there. */
export function Loaded<Data>({ query, skeleton, empty, isEmpty, children }: LoadedProps<Data>) {
  const { t } = useTranslation('ui');
  if (query.data !== undefined) {
    return <>{empty !== undefined && isEmpty?.(query.data) ? empty : children(query.data)}</>;
  }
  if (query.error !== null) {
    const problem = query.error instanceof ApiProblem ? query.error : new ApiProblem({});
    return <ProblemNotice problem={problem} onRetry={() => void query.refetch()} />;
  }
  return (
    <div role="status" aria-busy="true" aria-label={t('loading')}>
      {skeleton ?? (
        <Stack gap="sm">
          <Skeleton height={28} width="40%" />
          <Skeleton height={120} />
          <Skeleton height={120} />
        </Stack>
      )}
    </div>
  );
}
