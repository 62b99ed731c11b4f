import { Alert, Button, Stack } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { FormError } from '../../ui/FormError';
import { useProblemForm } from '../../ui/useProblemForm';
import { LinkText } from '../links';
import { useSaid } from '../said';
import { isAddress } from './address';
import { EmailField } from './EmailField';
import { useEnter } from './enter';
import { PasswordField } from './PasswordField';
import { beginPending } from './pending';
import { SignInFrame } from './SignInFrame';
import { useWait, Waiting } from './Waiting';

const route = getRouteApi('/sign-in');

/** Sign in with address and password. Meets I116, I125. */
export function SignIn() {
  const { t } = useTranslation();
  const router = useRouter();
  const said = useSaid();
  const { next, email = '', notice } = route.useSearch();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { email, password: '' },
    validate: {
      email: (typed) => (isAddress(typed) ? null : t('email.malformed')),
      password: (typed) => (typed === '' ? t('password.missing') : null),
    },
  });
  const enter = useEnter({
    next,
    onError: (problem, typed) => {
      const { verification } = problem.more;
      if (typeof verification === 'string') {
        beginPending(typed.email, verification, typed.password);
        void router.navigate({ to: '/verify', search: { email: typed.email, next } });
      } else refused(said(problem));
    },
  });
  const wait = useWait(problem);
  const submit = form.onSubmit((typed) => {
    forget();
    enter.mutate({ ...typed, email: typed.email.trim() });
  });
  return (
    <SignInFrame
      title={t('signIn.title')}
      description={t('signIn.description')}
      foot={
        <span>
          {t('signIn.new')}{' '}
          <LinkText to="/register" search={{ next }}>
            {t('signIn.register')}
          </LinkText>
        </span>
      }
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {notice !== undefined && problem === null && (
            <Alert role="status" variant="light" icon={<IconCircleCheck aria-hidden="true" />}>
              {t(`notice.${notice}`)}
            </Alert>
          )}
          <FormError problem={problem} />
          <Waiting seconds={wait} />
          <EmailField {...form.getInputProps('email')} />
          <PasswordField
            label={t('password')}
            size="md"
            required
            withAsterisk={false}
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" loading={enter.isPending} disabled={wait > 0}>
            {t('signIn.submit')}
          </Button>
          <LinkText to="/forgot-password" search={{ email: form.values.email || undefined }} size="sm">
            {t('signIn.forgot')}
          </LinkText>
        </Stack>
      </form>
    </SignInFrame>
  );
}
