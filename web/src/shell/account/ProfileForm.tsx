import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { accountsChangeProfile, type Me } from '../../api';
import { isLanguage, LANGUAGES, speak } from '../../i18n';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { useSaid } from '../said';
import { ME_KEY } from '../session';

/** Name, telephone number and language. */
export function ProfileForm({ user }: { user: Me['user'] }) {
  const { t } = useTranslation();
  const notice = useNotice();
  const said = useSaid();
  const client = useQueryClient();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { name: user.name, phone: user.phone ?? '', locale: user.locale },
    validate: { name: (typed) => (typed.trim() === '' ? t('name.missing') : null) },
  });
  const save = useCommand({
    send: ({ name, phone, locale }: typeof form.values) =>
      accountsChangeProfile({ body: { name: name.trim(), phone: phone.trim() || null, locale } }),
    onError: (problem) => refused(said(problem)),
    onSuccess: async (changed) => {
      client.setQueryData<Me | null>(ME_KEY, (me) => (me ? { ...me, user: changed } : me));
      const saved = { name: changed.name, phone: changed.phone ?? '', locale: changed.locale };
      form.setInitialValues(saved);
      form.setValues(saved);
      if (isLanguage(changed.locale)) await speak(changed.locale);
      notice(t('account.saved'));
    },
  });
  const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label: label as string }));
  // A language that came with an account from elsewhere stays what it is until another is chosen.
  if (!isLanguage(user.locale)) languages.unshift({ value: user.locale, label: user.locale });
  return (
    <Panel title={t('account.profile')}>
      <form
        noValidate
        onSubmit={form.onSubmit((typed) => {
          forget();
          save.mutate(typed);
        })}
      >
        <Stack gap="md">
          <FormError problem={problem} />
          <TextInput
            autoComplete="name"
            label={t('name')}
            size="md"
            maxLength={200}
            required
            withAsterisk={false}
            {...form.getInputProps('name')}
          />
          <TextInput
            type="tel"
            autoComplete="tel"
            label={t('phone')}
            description={t('phone.hint')}
            placeholder="+51 987 654 321"
            size="md"
            {...form.getInputProps('phone')}
          />
          <Select
            label={t('language')}
            description={t('language.hint')}
            data={languages}
            allowDeselect={false}
            size="md"
            {...form.getInputProps('locale')}
          />
          <Group>
            <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
              {t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
