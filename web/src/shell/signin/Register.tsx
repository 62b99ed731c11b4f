import { Button, Stack, TextInput } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { accountsRegister } from '../../api';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useProblemForm } from '../../ui/useProblemForm';
import { LinkText } from '../links';
import { useSaid } from '../said';
import { isAddress } from './address';
import { NewPasswordField } from './PasswordField';
import { beginPending } from './pending';
import { SignInFrame } from './SignInFrame';
import { isRefused, strengthOf } from './strength';
import { useWait, Waiting } from './Waiting';

const route = getRouteApi('/register');

/** Get an account: name, address and password here; the code that is mailed completes it. Meets I116, I125. */
export function Register() {
  const { t, i18n } = useTranslation();
  const said = useSaid();
  const router = useRouter();
  const { next, email = '' } = route.useSearch();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { name: '', email, password: '' },
    validate: {
      name: (typed) => (typed.trim() === '' ? t('name.missing') : null),
      email: (typed) => (isAddress(typed) ? null : t('email.malformed')),
      password: (typed, { email }) => {
        const strength = strengthOf(typed, email);
        if (strength === 'none') return t('password.missing');
        return isRefused(strength) ? t('password.refused') : null;
      },
    },
  });
  const register = useCommand({
    send: (typed: typeof form.values, { headers }) =>
      accountsRegister({ body: { ...typed, locale: i18n.language }, headers }),
    onError: (problem) => refused(said(problem)),
    onSuccess: ({ verification }, { email, password }) => {
      beginPending(email, verification, password);
      void router.navigate({ to: '/verify', search: { email, next } });
    },
  });
  const wait = useWait(problem);
  const submit = form.onSubmit((typed) => {
    forget();
    register.mutate({ ...typed, name: typed.name.trim(), email: typed.email.trim() });
  });
  return (
    <SignInFrame
      title={t('register.title')}
      description={t('register.description')}
      foot={
        <span>
          {t('register.known')}{' '}
          <LinkText to="/sign-in" search={{ next }}>
            {t('signIn.submit')}
          </LinkText>
        </span>
      }
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <FormError problem={problem} />
          <Waiting seconds={wait} />
          <TextInput
            autoComplete="name"
            label={t('name')}
            size="md"
            required
            withAsterisk={false}
            maxLength={200}
            {...form.getInputProps('name')}
          />
          <TextInput
            type="email"
            inputMode="email"
            autoComplete="username"
            autoCapitalize="none"
            label={t('email')}
            description={t('register.emailHint')}
            size="md"
            required
            withAsterisk={false}
            {...form.getInputProps('email')}
          />
          <NewPasswordField
            email={form.values.email}
            label={t('password')}
            size="md"
            required
            withAsterisk={false}
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" loading={register.isPending} disabled={wait > 0}>
            {t('register.submit')}
          </Button>
        </Stack>
      </form>
    </SignInFrame>
  );
}
