import { describe, expect, it } from 'vitest';
import { inputsOf, insideOf, resultOf, roundingOf, ruleOf } from './why';

const seats = {
  rule: 'billing.seats',
  version: 1,
  inputs: { unit: 1500, quantity: 4 },
  result: 6000,
  unit: 'PEN',
  rounding: 'half-even',
  steps: [],
};
const prorated = {
  ...seats,
  rule: 'billing.proration',
  inputs: { whole: seats, days: 17, of: 31, from: '2026-03-15', to: '2026-04-01', credit: false },
  result: 3290,
};

describe('why an amount is what it is', () => {
  it('names the rules that it has a sentence for, and the others as others', () => {
    expect(ruleOf(seats)).toBe('seats');
    expect(ruleOf({ rule: 'parking.surcharge' })).toBe('other');
  });

  it('tells amounts from counts, rates and dates', () => {
    expect(inputsOf(seats)).toEqual([
      { name: 'unit', kind: 'money', value: 1500 },
      { name: 'quantity', kind: 'count', value: 4 },
    ]);
    expect(inputsOf({ inputs: { basis_points: 1800, inclusive: true, amounts: [100, 250] } })).toEqual([
      { name: 'basis_points', kind: 'rate', value: 0.18 },
      { name: 'inclusive', kind: 'yes', value: true },
      { name: 'amounts', kind: 'moneys', value: [100, 250] },
    ]);
  });

  it('leaves what a figure rests on to its own working', () => {
    expect(inputsOf(prorated).map(({ name }) => name)).toEqual(['days', 'of', 'from', 'to', 'credit']);
    expect(insideOf(prorated)).toEqual(seats);
    expect(insideOf(seats)).toBeNull();
  });

  it('gives the figure in its currency, and how it was rounded', () => {
    expect(resultOf(prorated)).toEqual({ minor: 3290, currency: 'PEN' });
    expect(roundingOf(prorated)).toBe('half-even');
    expect(roundingOf({ rounding: 'up' })).toBe('other');
  });
});
