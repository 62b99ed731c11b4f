import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../format';
import classes from './CohortTable.module.css';

export interface Cohort {
  /** The first day of the month in which these members came for the first time. */
  month: string;
  members: number;
  /** How many of them came in the k-th month after. */
  returned: readonly number[];
}

interface CohortTableProps {
  label: string;
  cohorts: readonly Cohort[];
}

/** Who came in which month, and how many of them came again: a table, warmer where more came back. */
export function CohortTable({ label, cohorts }: CohortTableProps) {
  const { t } = useTranslation('ui');
  const { month, count, share } = useFormats();
  const widest = Math.max(0, ...cohorts.map(({ returned }) => returned.length));
  if (cohorts.length === 0) return <p className={classes.empty}>{t('chart.empty')}</p>;
  return (
    // A region that scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: that is why it can be focused.
    <section className={classes.scroll} aria-label={label} tabIndex={0}>
      <table className={classes.table}>
        <caption className={classes.caption}>{label}</caption>
        <thead>
          <tr>
            <th scope="col">{t('chart.firstVisit')}</th>
            <th scope="col">{t('chart.members')}</th>
            {Array.from({ length: widest }, (_, after) => (
              <th key={`month-${after.toString()}`} scope="col">
                {t('chart.monthShort', { number: count(after) })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((cohort) => (
            <tr key={cohort.month}>
              <th scope="row">{month(cohort.month)}</th>
              <td className={classes.members}>{count(cohort.members)}</td>
              {Array.from({ length: widest }, (_, after) => {
                const returned = cohort.returned[after];
                const key = `month-${after.toString()}`;
                if (returned === undefined || cohort.members === 0) return <td key={key} />;
                const part = returned / cohort.members;
                return (
                  <td
                    key={key}
                    className={classes.heat}
                    style={{ '--heat': Math.min(1, part).toFixed(3) } as CSSProperties}
                    title={t('chart.cohortCell', { count: returned, returned: count(returned) })}
                  >
                    {share(part)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
