import { Skeleton, VisuallyHidden } from '@mantine/core';
import { type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Figure.module.css';

export interface FigureTable {
  columns: readonly string[];
  rows: ReadonlyArray<readonly string[]>;
}

interface FigureProps {
  /** What the chart shows, in a few words. */
  label: string;
  /** The same as figures, for those who cannot see a chart. */
  table: FigureTable;
  legend?: ReactNode;
  height: number;
  empty: boolean;
  children: ReactNode;
}

/** A chart with its text alternative. The drawing itself is hidden from readers of the table, and loads on its own. */
export function Figure({ label, table, legend, height, empty, children }: FigureProps) {
  const { t } = useTranslation('ui');
  return (
    <figure className={classes.figure} aria-label={label}>
      {empty ? (
        <p className={classes.empty} style={{ height }}>
          {t('chart.empty')}
        </p>
      ) : (
        <>
          {legend}
          <div aria-hidden="true" style={{ height }}>
            <Suspense fallback={<Skeleton height={height} />}>{children}</Suspense>
          </div>
          <VisuallyHidden>
            <table>
              <caption>{label}</caption>
              <thead>
                <tr>
                  {table.columns.map((column) => (
                    <th key={column} scope="col">
                      {column}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {table.rows.map(([head, ...cells]) => (
                  <tr key={head}>
                    <th scope="row">{head}</th>
                    {cells.map((cell, index) => (
                      <td key={table.columns[index + 1]}>{cell}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </VisuallyHidden>
        </>
      )}
    </figure>
  );
}

/** Which colour is what, above the drawing. */
export function Legend({ entries }: { entries: ReadonlyArray<{ label: string; color: string }> }) {
  return (
    <ul className={classes.legend} aria-hidden="true">
      {entries.map(({ label, color }) => (
        <li key={label}>
          <span className={classes.swatch} style={{ background: color }} />
          {label}
        </li>
      ))}
    </ul>
  );
}
