import { Alert, Text } from '@mantine/core';
import { IconAlertTriangle, IconWifiOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../client';
import { useSentence } from './ProblemNotice';

/** What a form was refused for, above its fields; nothing when there is nothing to say. */
export function FormError({ problem }: { problem: ApiProblem | null | undefined }) {
  const { t } = useTranslation('ui');
  const sentence = useSentence();
  if (!problem) return null;
  return (
    <Alert
      role="alert"
      variant="light"
      color={problem.unreachable ? 'yellow' : 'red'}
      icon={problem.unreachable ? <IconWifiOff /> : <IconAlertTriangle />}
    >
      <Text size="sm">{sentence(problem)}</Text>
      {problem.requestId !== null && problem.status >= 500 && (
        <Text size="xs">{t('problem.reference', { reference: problem.requestId })}</Text>
      )}
    </Alert>
  );
}
