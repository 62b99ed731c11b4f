import { UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './Templates.module.css';
import { TEMPLATES } from './trades';
import type { ProgramValues } from './values';

interface TemplatesProps {
  onChoose: (values: Partial<ProgramValues>) => void;
}

/** Promises that others began with; choosing one fills in the form, and everything can still be changed. */
export function Templates({ onChoose }: TemplatesProps) {
  const { t } = useTranslation('programs');
  return (
    <fieldset className={classes.templates}>
      <legend className={classes.legend}>{t('template.title')}</legend>
      {TEMPLATES.map(({ name, icon: Icon, ...rules }) => (
        <UnstyledButton
          key={name}
          className={classes.template}
          onClick={() =>
            onChoose({ ...rules, name: t(`template.${name}.name`), reward: t(`template.${name}.reward`) })
          }
        >
          <Icon size={24} stroke={1.6} aria-hidden="true" />
          <span className={classes.trade}>{t(`template.${name}`)}</span>
          <span className={classes.promise}>
            {t('template.promise', { count: rules.stamps_required, reward: t(`template.${name}.reward`) })}
          </span>
        </UnstyledButton>
      ))}
    </fieldset>
  );
}
