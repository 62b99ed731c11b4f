import { SimpleGrid } from '@mantine/core';
import { IconFileInvoice, IconRefresh, IconTrendingDown, IconUsersGroup } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { TrendChart } from '../../ui/charts/TrendChart';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { Stat } from '../../ui/Stat';
import type { Revenue } from '../billing';
import { AmountFigure } from '../parts/AmountFigure';
import classes from '../parts/parts.module.css';
import { useAxisMoney } from '../parts/useAxisMoney';
import { changeOf } from './change';

/** What was billed month by month in one currency: collected, owed, failed and recovered, and what recurs. */
export function RevenueFigures({ revenue: { currency, months, outstanding } }: { revenue: Revenue }) {
  const { t } = useTranslation('money');
  const { money, share, count } = useFormats();
  const amount = (minor: number) => money({ minor, currency });
  const axis = useAxisMoney(currency);
  const now = months.at(-1);
  const before = months.at(-2);
  const data = months.map(({ month, ...figures }) => ({ day: month, ...figures }));
  return (
    <>
      <div className={classes.tiles}>
        <Stat
          label={t('revenue.mrr')}
          value={<AmountFigure value={{ minor: now?.mrr ?? 0, currency }} />}
          delta={changeOf(before?.mrr, now?.mrr)}
          deltaLabel={t('revenue.since')}
          icon={<IconRefresh size={20} />}
        />
        <Stat
          label={t('revenue.active')}
          value={count(now?.active ?? 0)}
          delta={changeOf(before?.active, now?.active)}
          deltaLabel={t('revenue.since')}
          icon={<IconUsersGroup size={20} />}
        />
        <Stat
          label={t('revenue.churn')}
          value={now === undefined || now.churn === null ? '–' : share(now.churn, 1)}
          hint={t('revenue.churnHint')}
          icon={<IconTrendingDown size={20} />}
        />
        <Stat
          label={t('revenue.outstanding')}
          value={<AmountFigure value={{ minor: outstanding, currency }} />}
          hint={t('revenue.outstandingHint')}
          icon={<IconFileInvoice size={20} />}
        />
      </div>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title={t('revenue.billed')} description={t('revenue.billedHint')}>
          <TrendChart
            label={t('revenue.billed')}
            by="month"
            shape="bars"
            data={data}
            series={[
              { key: 'collected', label: t('summary.collected'), color: 'accent' },
              { key: 'outstanding', label: t('revenue.outstanding'), color: 'info' },
            ]}
            figure={amount}
            axis={axis}
          />
        </Panel>
        <Panel title={t('revenue.trouble')} description={t('revenue.troubleHint')}>
          <TrendChart
            label={t('revenue.trouble')}
            by="month"
            shape="bars"
            data={data}
            series={[
              { key: 'failed', label: t('revenue.failed'), color: 'bad' },
              { key: 'recovered', label: t('revenue.recovered'), color: 'good' },
            ]}
            figure={amount}
            axis={axis}
          />
        </Panel>
        <Panel title={t('revenue.mrr')} description={t('revenue.mrrHint')}>
          <TrendChart
            label={t('revenue.mrr')}
            by="month"
            data={data}
            series={[{ key: 'mrr', label: t('revenue.mrr'), color: 'accent' }]}
            figure={amount}
            axis={axis}
          />
        </Panel>
        <Panel title={t('revenue.movement')} description={t('revenue.movementHint')}>
          <TrendChart
            label={t('revenue.movement')}
            by="month"
            shape="bars"
            data={data}
            series={[
              { key: 'started', label: t('revenue.started'), color: 'good' },
              { key: 'ended', label: t('revenue.ended'), color: 'bad' },
            ]}
          />
        </Panel>
      </SimpleGrid>
    </>
  );
}
