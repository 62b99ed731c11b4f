import { useTranslation } from 'react-i18next';
import type { Metrics } from '../../../api';
import { HourChart } from '../../../ui/charts/HourChart';
import { TrendChart } from '../../../ui/charts/TrendChart';
import { Panel } from '../../../ui/Panel';
import { AtRisk } from './AtRisk';
import { Feed } from './Feed';
import { hoursOfDay } from './figures';
import classes from './Overview.module.css';
import { Retention } from './Retention';
import { Tiles } from './Tiles';

interface OverviewProps {
  metrics: Metrics;
  program: string | undefined;
  /** The figures are those of the window before; the ones that were asked for are on their way. */
  stale: boolean;
}

/** All that the dashboard shows of a café in which something has happened. */
export function Overview({ metrics, program, stale }: OverviewProps) {
  const { t } = useTranslation('loyalty');
  return (
    <div className={classes.overview} data-stale={stale || undefined}>
      <Tiles metrics={metrics} program={program} />
      <div className={classes.panels}>
        <div className={classes.trend}>
          <Panel title={t('trend.title')}>
            <TrendChart
              label={t('trend.label')}
              data={metrics.days}
              series={[
                { key: 'visits', label: t('trend.visits') },
                { key: 'first_visits', label: t('trend.firstVisits'), color: 'info' },
              ]}
              height={264}
            />
          </Panel>
        </div>
        <div className={classes.feed}>
          <Feed />
        </div>
        <div className={classes.hours}>
          <Panel title={t('hours.title')}>
            <HourChart
              label={t('hours.label')}
              hours={hoursOfDay(metrics)}
              valueLabel={t('hours.today')}
              usualLabel={t('hours.usual')}
              height={212}
            />
          </Panel>
        </div>
        <div className={classes.rewards}>
          <Panel title={t('rewards.title')}>
            <TrendChart
              label={t('rewards.label')}
              data={metrics.days}
              series={[
                { key: 'rewards_earned', label: t('rewards.earned') },
                { key: 'rewards_redeemed', label: t('rewards.redeemed'), color: 'info' },
              ]}
              height={212}
            />
          </Panel>
        </div>
        <Retention />
        <div className={classes.risk}>
          <AtRisk count={metrics.at_risk} program={program} />
        </div>
      </div>
    </div>
  );
}
