import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconWifiOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../client';

/** Catalogues that may say a problem in the reader's language, as `said.<code>`; the api says it in English. */
const SAID = ['shell', 'pay', 'payouts', 'own', 'loyalty', 'stamper', 'programs', 'money'] as const;

/** The sentence that a problem says, for a person. */
export function useSentence(): (problem: ApiProblem) => string {
  const { t, i18n } = useTranslation('ui');
  return (problem) => {
    if (problem.unreachable) return t('problem.unreachable');
    if (problem.code === 'unexpected_answer') return t('problem.unexpected');
    const key = `said.${problem.code}`;
    const known = i18n.language === 'en' ? undefined : SAID.find((ns) => i18n.exists(key, { ns }));
    return known === undefined
      ? [problem.message, problem.detail].filter(Boolean).join(' ')
      : i18n.t(key as never, { ns: known });
  };
}

/** What went wrong, in the api's own words, with the reference that support asks for and a way to try again. */
export function ProblemNotice({ problem, onRetry }: { problem: ApiProblem; onRetry?: () => void }) {
  const { t } = useTranslation('ui');
  const sentence = useSentence();
  return (
    <Alert
      role="alert"
      variant="light"
      color={problem.unreachable ? 'yellow' : 'red'}
      icon={problem.unreachable ? <IconWifiOff /> : <IconAlertTriangle />}
      title={t('problem.title')}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{sentence(problem)}</Text>
        <Group gap="sm">
          {onRetry !== undefined && (
            <Button size="xs" variant="default" onClick={onRetry}>
              {t('retry')}
            </Button>
          )}
          {problem.requestId !== null && (
            <Code>{t('problem.reference', { reference: problem.requestId })}</Code>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
