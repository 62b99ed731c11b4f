import { IconArrowBackUp, IconCoins, IconHourglass, IconTargetArrow } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { TrendChart } from '../../ui/charts/TrendChart';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { Stat } from '../../ui/Stat';
import { AmountFigure } from '../parts/AmountFigure';
import classes from '../parts/parts.module.css';
import { useAxisMoney } from '../parts/useAxisMoney';
import type { Summary } from '../types';
import { ByMethod } from './ByMethod';

interface PaymentFiguresProps {
  summary: Summary;
  days: number;
  /** The only currency; several say which they are. */
  alone: boolean;
}

/** What was paid in the last days, in one currency. */
export function PaymentFigures({ summary, days, alone }: PaymentFiguresProps) {
  const { t } = useTranslation('money');
  const { money, share, count } = useFormats();
  const { currency } = summary;
  const amount = (minor: number) => money({ minor, currency });
  const axis = useAxisMoney(currency);
  const tried = summary.succeeded_count + summary.failed_count;
  return (
    <>
      <div className={classes.tiles}>
        <Stat
          label={t('summary.collected')}
          value={<AmountFigure value={{ minor: summary.collected, currency }} />}
          hint={t('summary.lastDays', { count: days })}
          icon={<IconCoins size={20} />}
        />
        <Stat
          label={t('summary.success')}
          value={summary.success_rate === null ? '–' : share(summary.success_rate, 1)}
          hint={
            tried === 0 ? t('summary.noTries') : t('summary.ofTries', { count: tried, number: count(tried) })
          }
          icon={<IconTargetArrow size={20} />}
        />
        <Stat
          label={t('summary.refunded')}
          value={<AmountFigure value={{ minor: summary.refunded, currency }} />}
          hint={t('summary.lastDays', { count: days })}
          icon={<IconArrowBackUp size={20} />}
        />
        <Stat
          label={t('summary.pending')}
          value={<AmountFigure value={{ minor: summary.pending, currency }} />}
          hint={t('summary.pendingHint')}
          icon={<IconHourglass size={20} />}
        />
      </div>
      <Panel title={alone ? t('overview.byDay') : t('overview.byDayIn', { currency })}>
        <TrendChart
          label={t('overview.byDay')}
          data={summary.by_day.map(({ on, collected, refunded }) => ({ day: on, collected, refunded }))}
          series={[
            { key: 'collected', label: t('summary.collected'), color: 'accent' },
            { key: 'refunded', label: t('summary.refunded'), color: 'warn' },
          ]}
          figure={amount}
          axis={axis}
          shape="bars"
        />
      </Panel>
      {summary.by_method.length > 0 && <ByMethod summary={summary} />}
    </>
  );
}
