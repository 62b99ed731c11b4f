import { useTranslation } from 'react-i18next';
import { useFormats } from '../format';
import { part } from '../part';
import { Figure, Legend } from './Figure';

const Plot = part(() => import('./Plots'), 'HourPlot');

export interface HourDatum {
  /** 0 to 23, in the business's timezone. */
  hour: number;
  value: number;
  /** What the hour usually brings. */
  usual?: number;
}

interface HourChartProps {
  label: string;
  hours: readonly HourDatum[];
  valueLabel: string;
  usualLabel?: string;
  height?: number;
}

/** Counts by the hour of the day, perhaps beside what is usual. */
export function HourChart({ label, hours, valueLabel, usualLabel, height = 220 }: HourChartProps) {
  const { t } = useTranslation('ui');
  const { count, hour } = useFormats();
  const entries = [
    { label: valueLabel, color: 'var(--hf-chart-1)' },
    ...(usualLabel === undefined ? [] : [{ label: usualLabel, color: 'var(--hf-chart-soft)' }]),
  ];
  return (
    <Figure
      label={label}
      height={height}
      empty={hours.every(({ value, usual = 0 }) => value === 0 && usual === 0)}
      legend={usualLabel !== undefined && <Legend entries={entries} />}
      table={{
        columns: [t('chart.hour'), ...entries.map((entry) => entry.label)],
        rows: hours.map((one) => [
          hour(one.hour),
          count(one.value),
          ...(usualLabel === undefined ? [] : [count(one.usual ?? 0)]),
        ]),
      }}
    >
      <Plot hours={[...hours]} valueLabel={valueLabel} usualLabel={usualLabel} height={height} />
    </Figure>
  );
}
