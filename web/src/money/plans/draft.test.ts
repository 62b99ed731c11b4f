import { describe, expect, it } from 'vitest';
import type { Price } from '../billing';
import { codeOf, draftOf, newPlan, newPrice, newTier, planOf, priceOf, same } from './draft';

describe('a plan that is typed', () => {
  it('gets a short name from what people call it', () => {
    expect(codeOf('  Café · Niño 2 ')).toBe('cafe-nino-2');
    expect(codeOf('駐車場')).toBe('plan');
  });

  it('is sent with amounts in minor units, and named prices', () => {
    const plan = { ...newPlan(), name: 'Day pass', prices: [{ ...newPrice(), amount: '49.90', tax: 18 }] };
    expect(planOf(plan, 'PEN')).toMatchObject({
      code: 'day-pass',
      currency: 'PEN',
      interval: 'month',
      proration: 'daily',
      prices: [
        {
          kind: 'per_period',
          label: 'Day pass',
          amount: { minor: 4990, currency: 'PEN' },
          tax_basis_points: 1800,
          tax_inclusive: false,
        },
      ],
    });
  });

  it('leaves the last tier without an end, whatever was typed there', () => {
    const tiers = [
      { ...newTier(), upTo: '10', unit: '5' },
      { ...newTier(), upTo: '99', unit: '4', flat: '10' },
    ];
    const price = priceOf({ ...newPrice('kWh'), kind: 'tiered_usage', metric: 'kwh', tiers }, 'PEN', 'Plan');
    expect(price).toMatchObject({
      metric: 'kwh',
      tier_mode: 'graduated',
      tiers: [
        { up_to: 10, unit: 500, flat: 0 },
        { up_to: null, unit: 400, flat: 1000 },
      ],
    });
    expect(price).not.toHaveProperty('amount');
  });
});

const PRICE: Price = {
  id: 'a',
  plan_id: 'b',
  kind: 'per_seat',
  label: 'Desk',
  amount: { minor: 1505, currency: 'PEN' },
  per: 1,
  tiers: [],
  tier_mode: 'graduated',
  metric: null,
  tax_basis_points: 1850,
  tax_inclusive: true,
  created_at: '2026-01-01T00:00:00Z',
  retired_at: null,
};

describe('a price that is typed over', () => {
  const sent = (price: Price) => priceOf(draftOf(price), price.amount.currency, 'Plan');

  it('begins as it is', () => {
    expect(draftOf(PRICE)).toMatchObject({ kind: 'per_seat', label: 'Desk', amount: '15.05', tax: 18.5 });
    expect(sent(PRICE)).toEqual({
      kind: 'per_seat',
      label: 'Desk',
      amount: { minor: 1505, currency: 'PEN' },
      tax_basis_points: 1850,
      tax_inclusive: true,
    });
  });

  it('keeps what it counts, and how many of it', () => {
    const power: Price = { ...PRICE, kind: 'metered', metric: 'kwh', per: 1000 };
    expect(sent(power)).toMatchObject({ metric: 'kwh', per: 1000, amount: { minor: 1505, currency: 'PEN' } });
  });

  it('keeps its tiers', () => {
    const tiers = [
      { up_to: 10, unit: 500, flat: 0 },
      { up_to: null, unit: 400, flat: 1000 },
    ];
    const nothing = { minor: 0, currency: 'PEN' };
    const seats: Price = { ...PRICE, kind: 'tiered_seats', amount: nothing, tiers, tier_mode: 'volume' };
    expect(sent(seats)).toMatchObject({ tier_mode: 'volume', tiers });
  });

  it('is the same until something is typed', () => {
    const before = [draftOf(PRICE)];
    expect(same(before, [...before])).toBe(true);
    expect(
      same(
        before,
        before.map((price) => ({ ...price, amount: '' })),
      ),
    ).toBe(false);
    expect(same(before, [])).toBe(false);
  });
});
