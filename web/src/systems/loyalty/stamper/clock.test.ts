import { describe, expect, it } from 'vitest';
import { MOST_SECONDS, type Moment, pageClock, waitedSeconds } from './clock';

const HOUR = 3_600_000;
const taken: Moment = { wall: 1_000 * HOUR, page: 'a', open: HOUR, skew: 0 };
/** The same phone later; `set` is by how much somebody moved its clock, `slept` how long it slept of the time. */
const later = (ms: number, { set = 0, slept = 0, page = 'a' } = {}): Moment => ({
  wall: taken.wall + ms + set,
  page,
  open: taken.open + ms - slept,
  skew: taken.skew === null ? null : taken.skew - set,
});

describe('how long a stamp waited', () => {
  it('is what the clocks say when nobody touched them', () => {
    expect(waitedSeconds(taken, later(90_000))).toBe(90);
  });

  it('counts the time that the phone slept, in which the page stood still', () => {
    expect(waitedSeconds(taken, later(2 * HOUR, { slept: 1.9 * HOUR }))).toBe(7_200);
  });

  it.each([-5 * HOUR, 5 * HOUR])(
    'does not follow a clock that was set by %i ms while the page was open',
    (set) => {
      expect(waitedSeconds(taken, later(90_000, { set }))).toBe(90);
    },
  );

  it('does not follow a clock that was set while the phone slept', () => {
    expect(waitedSeconds(taken, later(2 * HOUR, { set: -5 * HOUR, slept: HOUR }))).toBe(7_200);
  });

  it('follows the page where nothing else is known', () => {
    const back = { ...later(90_000, { set: -5 * HOUR }), skew: null };
    expect(waitedSeconds({ ...taken, skew: null }, back)).toBe(90);
  });

  it('is the difference on the wall after a reboot', () => {
    expect(waitedSeconds(taken, { ...later(HOUR, { page: 'b' }), open: 10 })).toBe(3_600);
  });

  it('finds out by how much the clock was set back during a reboot', () => {
    expect(waitedSeconds(taken, later(HOUR, { page: 'b', set: -5 * HOUR }))).toBe(3_600);
  });

  it('is never negative, and never longer than the api accepts', () => {
    const unknown = { ...taken, skew: null };
    expect(waitedSeconds(unknown, later(HOUR, { page: 'b', set: -5 * HOUR }))).toBe(0);
    expect(waitedSeconds(unknown, later(HOUR, { page: 'b', set: 9_000 * HOUR }))).toBe(MOST_SECONDS);
  });
});

describe('the clock of a page', () => {
  it('learns from an answer how far it is from the api', () => {
    const clock = pageClock('a');
    expect(clock.now().skew).toBeNull();
    clock.heard(new Date(Date.now() + HOUR).toUTCString());
    expect(Math.abs((clock.now().skew ?? 0) - HOUR)).toBeLessThan(2_000);
  });

  it('ignores an answer without a date', () => {
    const clock = pageClock('a');
    clock.remember(42);
    clock.heard(null);
    clock.heard('yesterday');
    expect(clock.now().skew).toBe(42);
  });
});
