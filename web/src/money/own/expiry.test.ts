import { describe, expect, it } from 'vitest';
import { lastDay } from './days';
import { expiryOf } from './expiry';

const NOW = new Date('2026-11-21T12:00:00Z');

describe('until when a card is good', () => {
  it.each([
    ['2026-10', 'over'],
    ['2026-11', 'soon'],
    ['2026-12', 'soon'],
    ['2027-01', 'good'],
    ['2031-05', 'good'],
  ] as const)('%s', (expires, state) => {
    expect(expiryOf(expires, NOW)?.state).toBe(state);
  });

  it.each([null, '', '05/27'])('is not said of %s', (expires) => {
    expect(expiryOf(expires, NOW)).toBeNull();
  });
});

describe('the last day of a half-open time', () => {
  it.each([
    ['2026-03-01', '2026-02-28'],
    ['2028-03-01', '2028-02-29'],
    ['2027-01-01', '2026-12-31'],
  ])('before %s is %s', (end, last) => {
    expect(lastDay(end)).toBe(last);
  });
});
