import { PasswordInput, type PasswordInputProps, Progress } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { SHORTEST, type Strength, strengthOf } from './strength';

const SHOWN: Record<Strength, { share: number; color: string }> = {
  none: { share: 0, color: 'gray' },
  short: { share: 20, color: 'red' },
  easy: { share: 35, color: 'red' },
  own: { share: 35, color: 'red' },
  fair: { share: 65, color: 'yellow' },
  good: { share: 100, color: 'green' },
};

/** A password that can be looked at while it is typed. */
export function PasswordField(props: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      autoComplete="current-password"
      autoCapitalize="none"
      spellCheck={false}
      visibilityToggleButtonProps={{ 'aria-label': t('password.show'), tabIndex: 0 }}
      aria-invalid={Boolean(props.error) || undefined}
      {...props}
    />
  );
}

/** A password that is being chosen: says what it needs, and how good it is by now. */
export function NewPasswordField({ email = '', ...props }: PasswordInputProps & { email?: string }) {
  const { t } = useTranslation();
  const strength = strengthOf(String(props.value ?? ''), email);
  return (
    <PasswordField
      autoComplete="new-password"
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      descriptionProps={{ component: 'div' }}
      description={
        <>
          <Progress
            value={SHOWN[strength].share}
            color={SHOWN[strength].color}
            size={4}
            mb={6}
            aria-hidden="true"
          />
          <span aria-live="polite">
            {strength === 'none'
              ? t('password.rule', { count: SHORTEST })
              : t(`password.${strength}`, { count: SHORTEST })}
          </span>
        </>
      }
      {...props}
    />
  );
}
