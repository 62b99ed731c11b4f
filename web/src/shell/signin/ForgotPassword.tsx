import { Button, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { accountsForgotPassword } from '../../api';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useProblemForm } from '../../ui/useProblemForm';
import { clock, useCountdown } from '../countdown';
import { LinkText } from '../links';
import { SandboxMailbox } from '../SandboxMailbox';
import { useSaid } from '../said';
import { isAddress } from './address';
import { EmailField } from './EmailField';
import { SignInFrame } from './SignInFrame';
import { useWait, Waiting } from './Waiting';

const route = getRouteApi('/forgot-password');
const AGAIN_AFTER_MS = 60_000;

/** Ask for a link with which another password can be chosen; the answer is the same for every address. */
export function ForgotPassword() {
  const { t } = useTranslation();
  const said = useSaid();
  const { email = '' } = route.useSearch();
  const [sent, setSent] = useState<{ to: string; at: number } | null>(null);
  const left = useCountdown(sent === null ? null : sent.at + AGAIN_AFTER_MS);
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { email },
    validate: { email: (typed) => (isAddress(typed) ? null : t('email.malformed')) },
  });
  const ask = useCommand({
    send: (to: string) => accountsForgotPassword({ body: { email: to } }),
    onError: (problem) => refused(said(problem)),
    onSuccess: (_, to) => setSent({ to, at: Date.now() }),
  });
  const wait = useWait(problem);
  const back = (
    <LinkText to="/sign-in" search={{ email: form.values.email || undefined }} size="sm">
      {t('forgot.back')}
    </LinkText>
  );
  if (sent !== null) {
    return (
      <SignInFrame
        title={t('forgot.sent')}
        description={t('forgot.sentTo', { email: sent.to })}
        foot={
          <>
            {back}
            <SandboxMailbox to={sent.to} />
          </>
        }
      >
        <Stack gap="md">
          <FormError problem={problem} />
          <Text size="sm" c="dimmed">
            {t('forgot.hint')}
          </Text>
          <Button
            variant="default"
            size="md"
            disabled={left > 0 || wait > 0}
            loading={ask.isPending}
            onClick={() => ask.mutate(sent.to)}
            data-figures
          >
            {left > 0 ? t('verify.againIn', { time: clock(left) }) : t('forgot.again')}
          </Button>
          <Waiting seconds={wait} />
        </Stack>
      </SignInFrame>
    );
  }
  return (
    <SignInFrame title={t('forgot.title')} description={t('forgot.description')} foot={back}>
      <form
        noValidate
        onSubmit={form.onSubmit((typed) => {
          forget();
          ask.mutate(typed.email.trim());
        })}
      >
        <Stack gap="md">
          <FormError problem={problem} />
          <Waiting seconds={wait} />
          <EmailField {...form.getInputProps('email')} />
          <Button type="submit" size="md" loading={ask.isPending} disabled={wait > 0}>
            {t('forgot.submit')}
          </Button>
        </Stack>
      </form>
    </SignInFrame>
  );
}
