import { describe, expect, it } from 'vitest';
import { MOST_RETRIES, nextDay, stopsOf, withDay } from './schedule';

describe('the schedule of reminders', () => {
  it('begins with the failure and ends after the last try and its grace', () => {
    expect(stopsOf({ retry_days: [1, 3, 7], grace_days: 14 })).toEqual([
      { day: 0, kind: 'failed' },
      { day: 1, kind: 'retry' },
      { day: 3, kind: 'retry' },
      { day: 7, kind: 'retry' },
      { day: 21, kind: 'end' },
    ]);
    expect(stopsOf({ retry_days: [], grace_days: 5 })).toEqual([
      { day: 0, kind: 'failed' },
      { day: 5, kind: 'end' },
    ]);
  });

  it('takes a day once, in its order, and within the range', () => {
    expect(withDay([1, 7], 3)).toEqual([1, 3, 7]);
    for (const wrong of [1, 0, -2, 366, 1.5, Number.NaN]) expect(withDay([1, 7], wrong)).toEqual([1, 7]);
    const full = Array.from({ length: MOST_RETRIES }, (_, index) => index + 1);
    expect(withDay(full, 100)).toEqual(full);
  });

  it('proposes a day after the last', () => {
    expect(nextDay([])).toBe(2);
    expect(nextDay([1, 3, 5])).toBe(7);
    expect(nextDay([365])).toBe(365);
  });
});
