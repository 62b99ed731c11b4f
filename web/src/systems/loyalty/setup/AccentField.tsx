import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { ACCENTS, type AccentName } from '../../../ui/accents';
import classes from './AccentField.module.css';

const NAMES = Object.keys(ACCENTS) as AccentName[];

interface AccentFieldProps {
  /** `#rrggbb`; empty for the platform's own. */
  value: string;
  onChange: (accent: string) => void;
}

/** The business's colour: one of a dozen that go well with paper, or any other. */
export function AccentField({ value, onChange }: AccentFieldProps) {
  const { t } = useTranslation('programs');
  const name = useId();
  const shown = value || ACCENTS.kelp;
  const isOwn = !NAMES.some((one) => ACCENTS[one] === shown);
  return (
    <fieldset className={classes.field}>
      <legend className={classes.legend}>{t('accent')}</legend>
      <div className={classes.colours}>
        {NAMES.map((one) => (
          <label
            key={one}
            className={classes.colour}
            style={{ background: ACCENTS[one] }}
            title={t(`accent.${one}`)}
          >
            <input
              type="radio"
              name={name}
              className={classes.radio}
              aria-label={t(`accent.${one}`)}
              checked={ACCENTS[one] === shown}
              onChange={() => onChange(ACCENTS[one])}
            />
          </label>
        ))}
        <label className={classes.own} data-chosen={isOwn || undefined}>
          <input
            type="color"
            className={classes.any}
            value={shown}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
          {t('accent.other')}
        </label>
      </div>
    </fieldset>
  );
}
