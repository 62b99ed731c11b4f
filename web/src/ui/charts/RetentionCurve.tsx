import { useTranslation } from 'react-i18next';
import { useFormats } from '../format';
import { part } from '../part';
import { Figure } from './Figure';

const Plot = part(() => import('./Plots'), 'CurvePlot');

export interface CurvePoint {
  /** Months after the first visit. */
  month_number: number;
  /** Of the members who could have come, how many did: 0 to 1. */
  share: number;
  members: number;
}

/** How many of those who came once come again, month after month. */
export function RetentionCurve({
  label,
  curve,
  height = 240,
}: {
  label: string;
  curve: readonly CurvePoint[];
  height?: number;
}) {
  const { t } = useTranslation('ui');
  const { share, count } = useFormats();
  return (
    <Figure
      label={label}
      height={height}
      empty={curve.every(({ members }) => members === 0)}
      table={{
        columns: [t('chart.monthsLater'), t('chart.share'), t('chart.members')],
        rows: curve.map((point) => [count(point.month_number), share(point.share), count(point.members)]),
      }}
    >
      <Plot curve={[...curve]} height={height} />
    </Figure>
  );
}
