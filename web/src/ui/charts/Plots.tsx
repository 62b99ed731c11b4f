/** The drawings themselves: the only file that brings the chart library, and so loaded only where a chart is seen. */

import '@mantine/charts/styles.layer.css';
import { AreaChart, BarChart, CompositeChart } from '@mantine/charts';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../format';
import type { HourDatum } from './HourChart';
import type { CurvePoint } from './RetentionCurve';

/** Figures that change while they are looked at should not also dance. */
const STILL = { isAnimationActive: false } as const;
/** The table beside a drawing is what is read; the drawing itself takes no focus. */
const SILENT = { accessibilityLayer: false } as const;
const AXES = {
  withXAxis: true,
  withYAxis: true,
  gridAxis: 'x',
  tickLine: 'none',
  strokeDasharray: '0',
  gridColor: 'var(--hf-line)',
  textColor: 'var(--hf-ink-faint)',
} as const;

/** The heading of a tooltip; the library also asks for it when nothing is pointed at. */
const named = (format: (label: unknown) => string) => (label: unknown) =>
  label === undefined || label === null || label === '' ? '' : format(label);

interface TrendPlotProps {
  data: Record<string, unknown>[];
  series: { name: string; label: string; color: string }[];
  height: number;
  figure: (value: number) => string;
  axis: (value: number) => string;
  by: 'day' | 'month';
  shape: 'surface' | 'bars';
}

export function TrendPlot({ data, series, height, figure, axis, by, shape }: TrendPlotProps) {
  const { shortDay, day, month } = useFormats();
  const place = by === 'month' ? month : day;
  const shared = {
    ...AXES,
    h: height,
    data,
    dataKey: 'day',
    series,
    valueFormatter: figure,
    xAxisProps: { tickFormatter: by === 'month' ? month : shortDay, minTickGap: 28 },
    yAxisProps: { allowDecimals: false, width: 'auto', tickFormatter: axis },
    tooltipProps: { labelFormatter: named((label) => place(String(label))) },
  } as const;
  if (shape === 'bars')
    return (
      <BarChart
        {...shared}
        maxBarWidth={28}
        barChartProps={SILENT}
        barProps={{ radius: [3, 3, 0, 0], ...STILL }}
      />
    );
  return (
    <AreaChart
      {...shared}
      curveType="monotone"
      strokeWidth={2}
      withDots={false}
      withGradient
      fillOpacity={0.16}
      areaChartProps={SILENT}
      areaProps={STILL}
    />
  );
}

interface HourPlotProps {
  hours: HourDatum[];
  valueLabel: string;
  usualLabel?: string | undefined;
  height: number;
}

export function HourPlot({ hours, valueLabel, usualLabel, height }: HourPlotProps) {
  const { count, hour } = useFormats();
  const shared = {
    ...AXES,
    h: height,
    data: hours as unknown as Record<string, unknown>[],
    dataKey: 'hour',
    valueFormatter: count,
    xAxisProps: { tickFormatter: (value: number) => hour(value), minTickGap: 16 },
    yAxisProps: { allowDecimals: false, width: 44 },
    tooltipProps: { labelFormatter: named((label) => hour(Number(label))) },
  };
  const value = { name: 'value', label: valueLabel, color: 'var(--hf-chart-1)' };
  if (usualLabel === undefined)
    return (
      <BarChart
        {...shared}
        barChartProps={SILENT}
        series={[value]}
        barProps={{ radius: [4, 4, 0, 0], ...STILL }}
      />
    );
  return (
    <CompositeChart
      {...shared}
      composedChartProps={SILENT}
      series={[
        { ...value, type: 'bar' },
        { name: 'usual', label: usualLabel, color: 'var(--hf-chart-soft)', type: 'line' },
      ]}
      withDots={false}
      curveType="monotone"
      barProps={{ radius: [4, 4, 0, 0], ...STILL }}
      lineProps={STILL}
    />
  );
}

export function CurvePlot({ curve, height }: { curve: CurvePoint[]; height: number }) {
  const { t } = useTranslation('ui');
  const { share, count } = useFormats();
  return (
    <AreaChart
      {...AXES}
      h={height}
      data={curve as unknown as Record<string, unknown>[]}
      dataKey="month_number"
      series={[{ name: 'share', label: t('chart.share'), color: 'var(--hf-chart-1)' }]}
      curveType="monotone"
      strokeWidth={2.5}
      withGradient
      fillOpacity={0.16}
      dotProps={{ r: 3 }}
      valueFormatter={(value) => share(value)}
      xAxisProps={{ tickFormatter: (value: number) => count(value) }}
      yAxisProps={{ domain: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], width: 52 }}
      tooltipProps={{ labelFormatter: named((label) => t('chart.monthsAfter', { count: Number(label) })) }}
      areaChartProps={SILENT}
      areaProps={STILL}
    />
  );
}
