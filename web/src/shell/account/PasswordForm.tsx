import { Button, Group, Stack, VisuallyHidden } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { accountsChangePassword } from '../../api';
import { sessionsDevicesQueryKey } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { useSaid } from '../said';
import { NewPasswordField, PasswordField } from '../signin/PasswordField';
import { isRefused, strengthOf } from '../signin/strength';
import { useWait, Waiting } from '../signin/Waiting';

/** Another password; every other session ends with the old one. */
export function PasswordForm({ email }: { email: string }) {
  const { t } = useTranslation();
  const notice = useNotice();
  const said = useSaid();
  const client = useQueryClient();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { current_password: '', new_password: '' },
    // The api speaks of the new password as it does everywhere.
    fields: { password: 'new_password' },
    validate: {
      current_password: (typed) => (typed === '' ? t('password.missing') : null),
      new_password: (typed) => {
        const strength = strengthOf(typed, email);
        if (strength === 'none') return t('password.missing');
        return isRefused(strength) ? t('password.refused') : null;
      },
    },
  });
  const change = useCommand({
    send: (typed: typeof form.values) => accountsChangePassword({ body: typed }),
    onError: (problem) => {
      const sentence = said(problem);
      if (problem.code === 'sessions.credentials.wrong-password')
        form.setFieldError('current_password', sentence.message);
      else refused(sentence);
    },
    onSuccess: async () => {
      form.reset();
      notice(t('account.passwordChanged'));
      await client.invalidateQueries({ queryKey: sessionsDevicesQueryKey() });
    },
  });
  const wait = useWait(problem);
  return (
    <Panel title={t('account.password')} description={t('account.passwordHint')}>
      <form
        noValidate
        onSubmit={form.onSubmit((typed) => {
          forget();
          change.mutate(typed);
        })}
      >
        <Stack gap="md">
          <FormError problem={problem} />
          <Waiting seconds={wait} />
          <VisuallyHidden aria-hidden="true">
            {/* Password managers want to know whose password is changed. */}
            <input type="text" autoComplete="username" value={email} readOnly tabIndex={-1} />
          </VisuallyHidden>
          <PasswordField
            label={t('password.current')}
            size="md"
            required
            withAsterisk={false}
            {...form.getInputProps('current_password')}
          />
          <NewPasswordField
            email={email}
            label={t('password.new')}
            size="md"
            required
            withAsterisk={false}
            {...form.getInputProps('new_password')}
          />
          <Group>
            <Button type="submit" loading={change.isPending} disabled={wait > 0}>
              {t('account.changePassword')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
