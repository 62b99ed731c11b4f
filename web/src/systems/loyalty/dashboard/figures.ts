/** What the dashboard derives from the api's counts. */

import type { Metrics } from '../../../api';

/** The change against before as a share; nothing where there was nothing to compare with. */
export function change(now: number, before: number | undefined): number | null {
  return before === undefined || before === 0 ? null : (now - before) / before;
}

interface HourOfDay {
  hour: number;
  value: number;
  usual: number;
}

/**
 * Visits of today by the hour beside what the hour usually brings: the mean of the window's other days, from the first
 * on which anybody came. Hours in which nobody ever came are left out at both ends of the day.
 */
export function hoursOfDay({ days, hours }: Pick<Metrics, 'days' | 'hours'>): HourOfDay[] {
  const first = days.findIndex((day) => day.visits > 0);
  const others = first < 0 ? 0 : days.length - 1 - first;
  const busy = hours.filter((hour) => hour.visits > 0 || hour.today > 0).map((hour) => hour.hour);
  const [opens, closes] = [Math.min(...busy), Math.max(...busy)];
  return hours
    .filter(({ hour }) => hour >= opens && hour <= closes)
    .map(({ hour, today, visits }) => ({
      hour,
      value: today,
      usual: others > 0 ? Math.round(((visits - today) / others) * 10) / 10 : 0,
    }));
}

/** What today had brought by this hour on a usual day; nothing before there is a usual day. */
export function usualByNow(hours: readonly HourOfDay[], hour: number): number | null {
  const usual = hours.filter((one) => one.hour < hour).reduce((sum, one) => sum + one.usual, 0);
  return usual > 0 ? usual : null;
}
