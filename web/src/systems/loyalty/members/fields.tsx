/** What is known of a member, as it is typed: the same at enrolment and when it is corrected. */

import { TextInput, type TextInputProps } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** What they are called. */
export function NameField(props: TextInputProps) {
  const { t } = useTranslation('loyalty');
  return <TextInput label={t('enrol.name')} autoComplete="off" maxLength={255} required {...props} />;
}

/** The number that they are found by. */
export function PhoneField(props: TextInputProps) {
  const { t } = useTranslation('loyalty');
  return (
    <TextInput
      label={t('enrol.phone')}
      type="tel"
      inputMode="tel"
      autoComplete="off"
      maxLength={40}
      {...props}
    />
  );
}

/** When they get a treat, if they like to say. */
export function BirthdayField(props: TextInputProps) {
  const { t } = useTranslation('loyalty');
  return <TextInput label={t('enrol.birthday')} type="date" {...props} />;
}
