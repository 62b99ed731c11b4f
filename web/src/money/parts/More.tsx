import { Button, Center } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client';
import { ProblemNotice } from '../../ui/ProblemNotice';

interface MoreProps {
  /** The part of an infinite query that this needs. */
  query: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    error: unknown;
    fetchNextPage: () => unknown;
  };
}

/** The next page of a list, for whoever asks for it: one that grew by itself would push away what stands below it. */
export function More({ query }: MoreProps) {
  const { t } = useTranslation('ui');
  if (query.isFetchNextPageError)
    return (
      <ProblemNotice
        problem={query.error instanceof ApiProblem ? query.error : new ApiProblem({})}
        onRetry={() => void query.fetchNextPage()}
      />
    );
  if (!query.hasNextPage) return null;
  return (
    <Center py="sm">
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {t('more')}
      </Button>
    </Center>
  );
}
