/** What charts are drawn from, and the colours that they may have: the design's own. */

export type ChartColor = 'accent' | 'good' | 'warn' | 'bad' | 'info' | 'soft';

export interface Series {
  /** The member of a datum that holds the figure. */
  key: string;
  label: string;
  color?: ChartColor;
}

const COLORS: Record<ChartColor, string> = {
  accent: 'var(--hf-chart-1)',
  good: 'var(--hf-good)',
  warn: 'var(--hf-chart-2)',
  bad: 'var(--hf-bad)',
  info: 'var(--hf-chart-3)',
  soft: 'var(--hf-chart-soft)',
};
const ORDER: readonly ChartColor[] = ['accent', 'warn', 'info', 'good', 'bad', 'soft'];

/** The colour of a series: the one asked for, or the next of the palette. */
export const colorOf = (series: Series, index: number) =>
  COLORS[series.color ?? ORDER[index % ORDER.length] ?? 'accent'];
