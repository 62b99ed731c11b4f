import { describe, expect, it } from 'vitest';
import { codeOf, newPlan, newPrice, newTier, planOf, priceOf } from './draft';

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
