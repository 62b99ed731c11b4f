import { useTranslation } from 'react-i18next';
import { useFormats } from '../format';
import { part } from '../part';
import { Figure, Legend } from './Figure';
import { colorOf, type Series } from './series';

const Plot = part(() => import('./Plots'), 'TrendPlot');

interface TrendChartProps<Datum extends { day: string }> {
  /** What the chart shows, in a few words. */
  label: string;
  data: readonly Datum[];
  series: readonly Series[];
  height?: number;
  /** How a figure is written; as a count when absent. */
  figure?: (value: number) => string;
  /** How a figure is written beside the axis, where there is little room; as anywhere when absent. */
  axis?: (value: number) => string;
  /** Each datum is a day, or the first day of its month. */
  by?: 'day' | 'month';
  /** What comes and goes is drawn as bars, what stands as a surface. */
  shape?: 'surface' | 'bars';
}

/** Counts or amounts, day by day or month by month. */
export function TrendChart<Datum extends { day: string }>({
  label,
  data,
  series,
  height = 240,
  figure: written,
  axis,
  by = 'day',
  shape = 'surface',
}: TrendChartProps<Datum>) {
  const { t } = useTranslation('ui');
  const { day, month, count } = useFormats();
  const write = written ?? count;
  const place = by === 'month' ? month : day;
  const figure = (datum: Datum, key: string) => Number(datum[key as keyof Datum] ?? 0);
  const drawn = series.map((one, index) => ({ name: one.key, label: one.label, color: colorOf(one, index) }));
  return (
    <Figure
      label={label}
      height={height}
      empty={data.every((datum) => series.every(({ key }) => figure(datum, key) === 0))}
      legend={series.length > 1 && <Legend entries={drawn} />}
      table={{
        columns: [t(by === 'month' ? 'chart.month' : 'chart.day'), ...series.map((one) => one.label)],
        rows: data.map((datum) => [place(datum.day), ...series.map(({ key }) => write(figure(datum, key)))]),
      }}
    >
      <Plot
        data={[...data]}
        series={drawn}
        height={height}
        figure={write}
        axis={axis ?? write}
        by={by}
        shape={shape}
      />
    </Figure>
  );
}
