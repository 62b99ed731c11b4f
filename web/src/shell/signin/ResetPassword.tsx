import { Button, Stack } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { accountsResetPassword } from '../../api';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useProblemForm } from '../../ui/useProblemForm';
import { LinkText } from '../links';
import { useSaid } from '../said';
import { sessionOver } from '../session';
import { NewPasswordField } from './PasswordField';
import { SignInFrame } from './SignInFrame';
import { isRefused, strengthOf } from './strength';
import { useWait, Waiting } from './Waiting';

const route = getRouteApi('/reset-password/$token');

/** Choose another password by the mailed link; every session ends, this browser's too. */
export function ResetPassword() {
  const { t } = useTranslation();
  const said = useSaid();
  const router = useRouter();
  const { token } = route.useParams();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { password: '' },
    validate: {
      password: (typed) => {
        const strength = strengthOf(typed);
        if (strength === 'none') return t('password.missing');
        return isRefused(strength) ? t('password.refused') : null;
      },
    },
  });
  const reset = useCommand({
    send: (password: string) => accountsResetPassword({ path: { token }, body: { password } }),
    onError: (problem) => refused(said(problem)),
    onSuccess: async () => {
      await sessionOver();
      await router.navigate({ to: '/sign-in', search: { notice: 'reset' }, replace: true });
    },
  });
  const wait = useWait(problem);
  return (
    <SignInFrame
      title={t('reset.title')}
      description={t('reset.description')}
      foot={<LinkText to="/forgot-password">{t('reset.again')}</LinkText>}
    >
      <form
        noValidate
        onSubmit={form.onSubmit(({ password }) => {
          forget();
          reset.mutate(password);
        })}
      >
        <Stack gap="md">
          <FormError problem={problem} />
          <Waiting seconds={wait} />
          <NewPasswordField
            label={t('password.new')}
            size="md"
            required
            withAsterisk={false}
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" loading={reset.isPending} disabled={wait > 0}>
            {t('reset.submit')}
          </Button>
        </Stack>
      </form>
    </SignInFrame>
  );
}
