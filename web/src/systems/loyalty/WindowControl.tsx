import { SegmentedControl } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { WINDOWS, type Window } from './address';

/** Over how many days something is counted. */
export function WindowControl({ value, onChange }: { value: Window; onChange: (window: Window) => void }) {
  const { t } = useTranslation('loyalty');
  return (
    <SegmentedControl
      aria-label={t('window.label')}
      value={String(value)}
      onChange={(chosen) => onChange(Number(chosen) as Window)}
      data={WINDOWS.map((days) => ({ value: String(days), label: t('window.days', { count: days }) }))}
    />
  );
}
