import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { accountsVerificationCode, accountsVerifyEmail } from '../../api';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useProblemForm } from '../../ui/useProblemForm';
import { clock, useCountdown } from '../countdown';
import { LinkButton, LinkText } from '../links';
import { SandboxMailbox } from '../SandboxMailbox';
import { useSaid } from '../said';
import { useEnter } from './enter';
import { beginPending, endPending, pendingFor, typedFor } from './pending';
import { SignInFrame } from './SignInFrame';
import classes from './Verify.module.css';
import { useWait, Waiting } from './Waiting';

const route = getRouteApi('/verify');
const AGAIN_AFTER_MS = 60_000;
const DIGITS = 6;

/** Confirm an address with the code that was mailed to it; whoever still has the page open is signed in at once. */
export function Verify() {
  const { t } = useTranslation();
  const said = useSaid();
  const router = useRouter();
  const { email, next } = route.useSearch();
  const [pending, setPending] = useState(() => pendingFor(email));
  const [resent, setResent] = useState(false);
  const left = useCountdown(pending === null ? null : pending.sentAt + AGAIN_AFTER_MS);
  const { form, problem, refused, forget } = useProblemForm({ initialValues: { code: '' } });
  const signIn = () =>
    router.navigate({ to: '/sign-in', search: { email, next, notice: 'verified' }, replace: true });
  const enter = useEnter({ next: next ?? '/home', onError: signIn });
  const verify = useCommand({
    send: (code: string, { headers }) =>
      accountsVerifyEmail({ body: { verification: pending?.verification ?? '', code }, headers }),
    onError: (problem) => {
      setResent(false);
      refused(said(problem));
    },
    onSuccess: () => {
      const password = typedFor(email);
      endPending();
      if (password === null) void signIn();
      else enter.mutate({ email, password });
    },
  });
  const again = useCommand({
    send: (verification: string) => accountsVerificationCode({ body: { verification } }),
    onError: (problem) => refused(said(problem)),
    onSuccess: ({ verification }) => {
      beginPending(email, verification);
      setPending(pendingFor(email));
      setResent(true);
      forget();
      form.reset();
    },
  });
  const wait = useWait(problem);
  const send = (code: string) => {
    forget();
    verify.mutate(code);
  };
  const busy = verify.isPending || enter.isPending;
  if (pending === null) return <Elsewhere email={email} next={next} />;
  return (
    <SignInFrame
      title={t('verify.title')}
      description={t('verify.description', { email })}
      foot={
        <>
          <Group gap="sm" justify="space-between">
            <Text size="sm" c="dimmed">
              {t('verify.nothing')}
            </Text>
            <Button
              variant="default"
              size="xs"
              disabled={left > 0}
              loading={again.isPending}
              onClick={() => again.mutate(pending.verification)}
              data-figures
            >
              {left > 0 ? t('verify.againIn', { time: clock(left) }) : t('verify.again')}
            </Button>
          </Group>
          <LinkText to="/register" search={{ email, next }} size="sm">
            {t('verify.otherAddress')}
          </LinkText>
          <SandboxMailbox to={email} />
        </>
      }
    >
      <form
        noValidate
        onSubmit={form.onSubmit(({ code }) =>
          code.length === DIGITS
            ? send(code)
            : form.setFieldError('code', t('verify.digits', { count: DIGITS })),
        )}
      >
        <Stack gap="md">
          <FormError problem={problem} />
          <Waiting seconds={wait} />
          {resent && problem === null && (
            <Alert role="status" variant="light" icon={<IconCircleCheck aria-hidden="true" />}>
              {t('verify.resent')}
            </Alert>
          )}
          <TextInput
            label={t('verify.code')}
            inputMode="numeric"
            autoComplete="one-time-code"
            size="lg"
            required
            withAsterisk={false}
            data-autofocus
            classNames={{ input: classes.code }}
            {...form.getInputProps('code')}
            onChange={(event) => {
              // A pasted code may come with spaces around it or between its digits.
              const code = event.currentTarget.value.replace(/\D/g, '').slice(0, DIGITS);
              const complete = code.length === DIGITS && form.values.code.length < DIGITS;
              form.setFieldValue('code', code);
              if (complete && !busy && wait === 0) send(code);
            }}
          />
          <Button type="submit" size="md" loading={busy} disabled={wait > 0}>
            {t('verify.submit')}
          </Button>
        </Stack>
      </form>
    </SignInFrame>
  );
}

/** The code came to a browser that did not ask for it. */
function Elsewhere({ email, next }: { email: string; next: string | undefined }) {
  const { t } = useTranslation();
  return (
    <SignInFrame title={t('verify.title')} description={t('verify.elsewhere')}>
      <Stack gap="sm">
        <LinkButton to="/register" search={{ email: email || undefined, next }} size="md">
          {t('register.submit')}
        </LinkButton>
        <LinkButton to="/sign-in" search={{ email: email || undefined, next }} variant="default" size="md">
          {t('signIn.submit')}
        </LinkButton>
      </Stack>
    </SignInFrame>
  );
}
