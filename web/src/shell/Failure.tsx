import { Button, Code, Group, Stack } from '@mantine/core';
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../client';
import { Page } from '../ui/Page';
import { ProblemNotice } from '../ui/ProblemNotice';
import { Framed } from './Framed';

/** The loader of a part of the application failed, mostly because a newer one has replaced it meanwhile. */
const isStale = (error: unknown) =>
  error instanceof TypeError && /dynamically imported|module script|importing/i.test(error.message);

/** A page that broke: what the api said about it, or that it was us, and a way on. */
export function Failure({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  const reload = () => window.location.reload();
  if (error instanceof ApiProblem) {
    return (
      <Framed>
        <Page title={t('failure.title')} width="text">
          <ProblemNotice problem={error} onRetry={again} />
        </Page>
      </Framed>
    );
  }
  return (
    <Framed>
      <Page
        title={t('failure.title')}
        description={isStale(error) ? t('failure.stale') : t('failure.ours')}
        width="text"
      >
        <Stack gap="md" align="flex-start">
          <Group gap="sm">
            <Button onClick={reload}>{t('failure.reload')}</Button>
            <Button variant="default" component="a" href="/">
              {t('failure.home')}
            </Button>
          </Group>
          {!isStale(error) && (
            <Code>{error instanceof Error ? `${error.name}: ${error.message}` : String(error)}</Code>
          )}
        </Stack>
      </Page>
    </Framed>
  );
}
