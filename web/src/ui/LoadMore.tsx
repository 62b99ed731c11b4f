import { Button, Center } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../client';
import { ProblemNotice } from './ProblemNotice';

interface LoadMoreProps {
  /** The part of an infinite query that this needs. */
  query: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    error: unknown;
    fetchNextPage: () => unknown;
  };
  /** It comes by the button alone: a list that grew by itself would push away what stands below it. */
  byHand?: boolean;
}

/** The next page of a list: it comes by itself when its end is near, and by the button for those who do not scroll. */
export function LoadMore({ query, byHand = false }: LoadMoreProps) {
  const { t } = useTranslation('ui');
  const { ref, entry } = useIntersection<HTMLDivElement>({ rootMargin: '400px' });
  const near = !byHand && (entry?.isIntersecting ?? false);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, error } = query;
  useEffect(() => {
    if (near && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) fetchNextPage();
  }, [near, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  if (isFetchNextPageError)
    return (
      <ProblemNotice
        problem={error instanceof ApiProblem ? error : new ApiProblem({})}
        onRetry={() => void fetchNextPage()}
      />
    );
  if (!hasNextPage) return null;
  return (
    <Center ref={ref} py="md">
      <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {t('more')}
      </Button>
    </Center>
  );
}
