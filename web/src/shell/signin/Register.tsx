import { Button, Stack } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { accountsRegister } from '../../api';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { LinkText } from '../links';
import { useSaid } from '../said';
import { NewAccountFields, useNewAccount } from './NewAccount';
import { beginPending } from './pending';
import { SignInFrame } from './SignInFrame';
import { useWait, Waiting } from './Waiting';

const route = getRouteApi('/register');

/** Get an account: name, address and password here; the code that is mailed completes it. Meets I116, I125. */
export function Register() {
  const { t, i18n } = useTranslation();
  const said = useSaid();
  const router = useRouter();
  const { next, email = '' } = route.useSearch();
  const { form, problem, refused, forget } = useNewAccount(email);
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
          <NewAccountFields form={form} emailHint={t('register.emailHint')} />
          <Button type="submit" size="md" loading={register.isPending} disabled={wait > 0}>
            {t('register.submit')}
          </Button>
        </Stack>
      </form>
    </SignInFrame>
  );
}
