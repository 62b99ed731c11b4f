import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import type { Term } from '../billing';
import classes from './Periods.module.css';

/** The day before a day: periods end where the next begins, and people count the last day. */
const lastDay = (next: string) =>
  new Date(Date.parse(`${next}T12:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** The life of a subscription, period by period without a gap, the latest first. */
export function Periods({ periods, current }: { periods: readonly Term[]; current: string | null }) {
  const { t } = useTranslation('money');
  const { day, count } = useFormats();
  const longest = Math.max(1, ...periods.map(lengthOf));
  return (
    <Panel title={t('periods.title')} description={t('periods.description')}>
      {periods.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('periods.none')}
        </Text>
      ) : (
        <ol className={classes.periods} aria-label={t('periods.title')}>
          {periods.map((period) => (
            <li key={period.id} className={classes.period} data-kind={period.kind}>
              <div className={classes.head}>
                <span className={classes.days}>
                  {t('line.period', { from: day(period.starts_on), to: day(lastDay(period.ends_on)) })}
                </span>
                {period.id === current && <StatusBadge tone="good">{t('periods.now')}</StatusBadge>}
                {period.kind !== 'paid' && (
                  <StatusBadge tone={period.kind === 'trial' ? 'info' : 'warn'}>
                    {t(`periods.kind.${period.kind}`)}
                  </StatusBadge>
                )}
              </div>
              <div className={classes.bar} aria-hidden="true">
                <span style={{ inlineSize: `${(lengthOf(period) / longest) * 100}%` }} />
              </div>
              <div className={classes.faint}>
                {t('periods.length', { count: lengthOf(period) })} ·{' '}
                {t('periods.seats', { count: period.quantity, number: count(period.quantity) })}
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

const lengthOf = ({ starts_on, ends_on }: Term) =>
  Math.round((Date.parse(ends_on) - Date.parse(starts_on)) / 86_400_000);
