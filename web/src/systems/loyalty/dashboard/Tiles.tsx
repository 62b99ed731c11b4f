import {
  IconAlertCircle,
  IconCalendarStats,
  IconCoffee,
  IconGift,
  IconRepeat,
  IconTrophy,
  IconUserHeart,
  IconUsers,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Metrics } from '../../../api';
import { useBusiness } from '../../../shell/session';
import { useFormats } from '../../../ui/format';
import { Stat } from '../../../ui/Stat';
import { Counting } from '../Counting';
import { change, hoursOfDay, usualByNow } from './figures';
import classes from './Tiles.module.css';

const hourIn = (moment: string, timeZone: string | undefined) =>
  Number(
    new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone }).format(new Date(moment)),
  );

/** The figures of the window, each beside what it can be compared with. */
export function Tiles({ metrics, program }: { metrics: Metrics; program: string | undefined }) {
  const { t } = useTranslation('loyalty');
  const { slug, timezone } = useBusiness();
  const { count, share } = useFormats();
  const { before, window_days: days } = metrics;
  const counting = (value: number) => <Counting value={value} format={count} />;
  /** What a figure is compared with: the window before, or where there is none, all that ever was. */
  const compared = (now: number, earlier: number | undefined, total: number) => {
    const delta = change(now, earlier);
    return delta === null
      ? { hint: t('tile.total', { total: count(total) }) }
      : { delta, deltaLabel: t('tile.against', { count: days }) };
  };
  const usual = usualByNow(hoursOfDay(metrics), hourIn(metrics.as_of, timezone));
  return (
    <ul className={classes.tiles} aria-label={t('tile.all')}>
      <li>
        <Stat
          label={t('tile.visitsToday')}
          value={counting(metrics.visits_today)}
          hint={
            usual === null ? t('tile.noUsual') : t('tile.usualByNow', { usual: count(Math.round(usual)) })
          }
          icon={<IconCoffee size={18} />}
          tone="accent"
        />
      </li>
      <li>
        <Stat
          label={t('tile.visits')}
          value={counting(metrics.visits_in_window)}
          {...compared(metrics.visits_in_window, before?.visits, metrics.visits)}
          icon={<IconCalendarStats size={18} />}
        />
      </li>
      <li>
        <Stat
          label={program === undefined ? t('tile.members') : t('tile.cards')}
          value={counting(metrics.members)}
          hint={t('tile.newInWindow', {
            count: metrics.enrolled_in_window,
            number: count(metrics.enrolled_in_window),
          })}
          icon={<IconUsers size={18} />}
        />
      </li>
      <li>
        <Stat
          label={t('tile.active')}
          value={counting(metrics.active)}
          hint={
            metrics.members > 0
              ? t('tile.shareOfMembers', { share: share(metrics.active / metrics.members) })
              : undefined
          }
          icon={<IconUserHeart size={18} />}
        />
      </li>
      <li>
        <Stat
          label={t('tile.retention')}
          value={metrics.retention_rate === null ? '–' : share(metrics.retention_rate)}
          hint={metrics.retention_rate === null ? t('tile.noRetention') : t('tile.retentionHint')}
          icon={<IconRepeat size={18} />}
        />
      </li>
      <li>
        <Stat
          label={t('tile.atRisk')}
          value={counting(metrics.at_risk)}
          hint={
            metrics.at_risk === 0 ? (
              t('tile.nobodyAtRisk')
            ) : (
              <Link
                className={classes.link}
                to="/console/$slug/loyalty/members"
                params={{ slug }}
                search={{ risk: true, ...(program === undefined ? {} : { program }) }}
              >
                {t('tile.seeAtRisk')}
              </Link>
            )
          }
          icon={<IconAlertCircle size={18} />}
          tone={metrics.at_risk > 0 ? 'warn' : 'neutral'}
        />
      </li>
      <li>
        <Stat
          label={t('tile.rewardsOpen')}
          value={counting(metrics.rewards_open)}
          hint={t('tile.rewardsEarned', { earned: count(metrics.rewards_earned) })}
          icon={<IconTrophy size={18} />}
        />
      </li>
      <li>
        <Stat
          label={t('tile.rewardsRedeemed')}
          value={counting(metrics.rewards_redeemed_in_window)}
          {...compared(
            metrics.rewards_redeemed_in_window,
            before?.rewards_redeemed,
            metrics.rewards_redeemed,
          )}
          icon={<IconGift size={18} />}
        />
      </li>
    </ul>
  );
}
