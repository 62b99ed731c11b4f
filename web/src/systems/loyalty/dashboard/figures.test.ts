import { describe, expect, it } from 'vitest';
import { change, hoursOfDay, usualByNow } from './figures';

const days = (...visits: number[]) =>
  visits.map((count, index) => ({
    day: `2026-05-0${index + 1}`,
    visits: count,
    enrolled: 0,
    first_visits: 0,
    rewards_earned: 0,
    rewards_redeemed: 0,
  }));

const hours = (of: Record<number, [today: number, visits: number]>) =>
  Array.from({ length: 24 }, (_, hour) => ({ hour, today: of[hour]?.[0] ?? 0, visits: of[hour]?.[1] ?? 0 }));

describe('change', () => {
  it('is a share of what was', () => {
    expect(change(120, 100)).toBeCloseTo(0.2);
    expect(change(0, 10)).toBe(-1);
  });
  it('of nothing is nothing', () => {
    expect(change(5, 0)).toBeNull();
    expect(change(5, undefined)).toBeNull();
  });
});

describe('the hours of a day', () => {
  it('are compared with the other days on which the café was known', () => {
    // The first day is before anybody came, so two days other than today count.
    const found = hoursOfDay({ days: days(0, 4, 6, 3), hours: hours({ 8: [2, 7], 10: [1, 6] }) });
    expect(found).toEqual([
      { hour: 8, value: 2, usual: 2.5 },
      { hour: 9, value: 0, usual: 0 },
      { hour: 10, value: 1, usual: 2.5 },
    ]);
    expect(usualByNow(found, 10)).toBe(2.5);
    expect(usualByNow(found, 8)).toBeNull();
  });

  it('have no usual on the first day, and none at all before it', () => {
    expect(hoursOfDay({ days: days(0, 0, 3), hours: hours({ 9: [3, 3] }) })).toEqual([
      { hour: 9, value: 3, usual: 0 },
    ]);
    expect(hoursOfDay({ days: days(0, 0, 0), hours: hours({}) })).toEqual([]);
  });
});
