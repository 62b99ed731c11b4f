import { PasswordInput, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Provider } from '../types';

interface KeyFieldsProps {
  fields: Provider['fields'];
  values: Readonly<Record<string, string>>;
  onChange: (name: string, value: string) => void;
  errors: Readonly<Record<string, string | undefined>>;
  /** Keys are known already; an empty field leaves its key as it is. */
  kept?: boolean;
}

/** The keys that a provider gives; secret ones are never shown again. */
export function KeyFields({ fields, values, onChange, errors, kept = false }: KeyFieldsProps) {
  const { t } = useTranslation('money');
  return fields.map(({ name, label, secret, example }) => {
    const shared = {
      label,
      placeholder: kept ? t('keys.kept') : example,
      value: values[name] ?? '',
      error: errors[name],
      autoComplete: 'off',
      spellCheck: false,
      maxLength: 500,
      withAsterisk: !kept,
      onChange: (event: { currentTarget: { value: string } }) => onChange(name, event.currentTarget.value),
    };
    return secret ? (
      <PasswordInput
        key={name}
        {...shared}
        visibilityToggleButtonProps={{ 'aria-label': t('keys.show', { name: label }) }}
      />
    ) : (
      <TextInput key={name} {...shared} />
    );
  });
}
