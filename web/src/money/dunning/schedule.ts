/** The schedule of reminders as a line of days: what happens when, after a charge did not go through. */

import type { Policy } from '../billing';

export const MOST_RETRIES = 12;
export const MOST_DAYS = 365;

export interface Stop {
  day: number;
  kind: 'failed' | 'retry' | 'end';
}

/** Every stop in its order: the failure, the tries, and what happens at the end. */
export function stopsOf({ retry_days, grace_days }: Pick<Policy, 'retry_days' | 'grace_days'>): Stop[] {
  const last = retry_days.at(-1) ?? 0;
  return [
    { day: 0, kind: 'failed' },
    ...retry_days.map((day): Stop => ({ day, kind: 'retry' })),
    { day: last + grace_days, kind: 'end' },
  ];
}

/** The days with one more, in their order; the same days when it is there already or out of range. */
export function withDay(days: readonly number[], day: number): number[] {
  if (
    days.length >= MOST_RETRIES ||
    !Number.isInteger(day) ||
    day < 1 ||
    day > MOST_DAYS ||
    days.includes(day)
  )
    return [...days];
  return [...days, day].sort((one, other) => one - other);
}

/** A day for one more try: a while after the last. */
export const nextDay = (days: readonly number[]): number => Math.min(MOST_DAYS, (days.at(-1) ?? 0) + 2);
