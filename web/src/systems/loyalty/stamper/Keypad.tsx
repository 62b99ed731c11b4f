import { IconBackspace } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import classes from './Keypad.module.css';

export const BACK = 'back';

interface KeypadProps {
  /** The key at the lower left: `+` for numbers of other countries, `00` for amounts. */
  corner: '+' | '00';
  onKey: (key: string) => void;
}

/** Keys for a thumb. Whoever has a keyboard types into the field itself, so the keys are no stops for Tab. */
export function Keypad({ corner, onKey }: KeypadProps) {
  const { t } = useTranslation('stamper');
  const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', corner, '0', BACK];
  return (
    // biome-ignore lint/a11y/useSemanticElements: A fieldset would be announced as a form's part, which these are not.
    <div className={classes.keypad} role="group" aria-label={t('keypad')}>
      {keys.map((key) => (
        <button
          key={key}
          type="button"
          tabIndex={-1}
          className={classes.key}
          data-quiet={key === BACK || key === corner || undefined}
          aria-label={key === BACK ? t('keypad.back') : key}
          onClick={() => onKey(key)}
        >
          {key === BACK ? <IconBackspace size={28} stroke={1.7} aria-hidden="true" /> : key}
        </button>
      ))}
    </div>
  );
}
