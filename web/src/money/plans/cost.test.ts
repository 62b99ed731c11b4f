import { describe, expect, it } from 'vitest';
import { byTiers, costOf } from './cost';

const TIERS = [
  { up_to: 10, unit: 500, flat: 0 },
  { up_to: 50, unit: 400, flat: 1000 },
  { up_to: null, unit: 300, flat: 0 },
];
const amount = (minor: number) => ({ minor, currency: 'PEN' });

describe('what a plan would cost', () => {
  it.each([
    [0, 0],
    [1, 500],
    [10, 5_000],
    [11, 5_000 + 400 + 1_000],
    [60, 5_000 + 40 * 400 + 1_000 + 10 * 300],
  ])('counts each unit in its own tier: %i units', (quantity, cost) => {
    expect(byTiers(TIERS, quantity, 'graduated')).toBe(cost);
  });

  it.each([
    [0, 0],
    [10, 5_000],
    [11, 11 * 400 + 1_000],
    [51, 51 * 300],
  ])('counts all units in the tier of the whole: %i units', (quantity, cost) => {
    expect(byTiers(TIERS, quantity, 'volume')).toBe(cost);
  });

  it('knows every kind of price', () => {
    expect(costOf({ kind: 'per_period', label: 'a', amount: amount(4900) }, 3, 100)).toBe(4900);
    expect(costOf({ kind: 'per_seat', label: 'a', amount: amount(1500) }, 3, 100)).toBe(4500);
    expect(costOf({ kind: 'one_off', label: 'a', amount: amount(900) }, 3, 100)).toBe(900);
    expect(costOf({ kind: 'metered', label: 'a', amount: amount(250), per: 1000 }, 3, 4000)).toBe(1000);
    expect(costOf({ kind: 'tiered_seats', label: 'a', tiers: TIERS }, 11, 0)).toBe(6400);
    expect(costOf({ kind: 'tiered_usage', label: 'a', tiers: TIERS, tier_mode: 'volume' }, 0, 11)).toBe(5400);
  });
});
