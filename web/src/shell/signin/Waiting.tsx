import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../client';
import { clock, useCountdown } from '../countdown';

/** Seconds until something that was tried too often may be tried again. */
export function useWait(problem: ApiProblem | null): number {
  const until = useMemo(
    () => (problem?.retryAfter ? Date.now() + problem.retryAfter * 1000 : null),
    [problem],
  );
  return useCountdown(until);
}

/** How long it takes until the next try; the figure is not read out every second. */
export function Waiting({ seconds }: { seconds: number }) {
  const { t } = useTranslation();
  if (seconds === 0) return null;
  return (
    <Text size="sm" c="dimmed" role="timer" data-figures>
      {t('wait', { time: clock(seconds) })}
    </Text>
  );
}
