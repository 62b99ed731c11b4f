import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useProblemForm } from '../../ui/useProblemForm';
import { isAddress } from './address';
import { EmailField } from './EmailField';
import { NewPasswordField } from './PasswordField';
import { isRefused, strengthOf } from './strength';

/** What a new account is made of, checked as far as a page can. Meets I125. */
export function useNewAccount(email = '') {
  const { t } = useTranslation();
  return useProblemForm({
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
}

interface NewAccountFieldsProps {
  form: ReturnType<typeof useNewAccount>['form'];
  /** Why the address is asked for. */
  emailHint: string;
}

/** Name, address and a password of one's own choice. */
export function NewAccountFields({ form, emailHint }: NewAccountFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        autoComplete="name"
        label={t('name')}
        size="md"
        required
        withAsterisk={false}
        maxLength={200}
        {...form.getInputProps('name')}
      />
      <EmailField description={emailHint} {...form.getInputProps('email')} />
      <NewPasswordField
        email={form.values.email}
        label={t('password')}
        size="md"
        required
        withAsterisk={false}
        {...form.getInputProps('password')}
      />
    </>
  );
}
