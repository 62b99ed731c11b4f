import { describe, expect, it } from 'vitest';
import { at, wrongAmount, wrongsOf } from './check';
import { newPrice, newTier } from './draft';

describe('an amount of a price', () => {
  it.each([
    ['0', 'PEN'],
    ['49.9', 'PEN'],
    ['49,90', 'PEN'],
    ['1234.50', 'PEN'],
    ['1.234,50', 'EUR'],
    ['1 234,50', 'EUR'],
    ['1,234,567', 'USD'],
    ['1,00,000.50', 'INR'],
    ['1,200', 'JPY'],
    ['1.234', 'KWD'],
  ])('%s %s is fine', (typed, currency) => {
    expect(wrongAmount(typed, currency)).toBeNull();
  });

  it.each([
    ['', 'PEN', 'amount'],
    ['   ', 'PEN', 'amount'],
    ['free', 'PEN', 'amount'],
    ['1.234.50', 'PEN', 'amount'],
    ['12.5.0', 'PEN', 'amount'],
    ['9'.repeat(20), 'PEN', 'amount'],
    ['-5', 'PEN', 'negative'],
    ['− 5,00', 'PEN', 'negative'],
    ['12.345', 'PEN', 'decimals'],
    ['12,3456', 'PEN', 'decimals'],
    ['850.50', 'JPY', 'decimals'],
    ['1.2345', 'KWD', 'decimals'],
  ])('%s %s is not: %s', (typed, currency, wrong) => {
    expect(wrongAmount(typed, currency)).toBe(wrong);
  });
});

describe('prices that are typed', () => {
  it('are refused at the field that is wrong', () => {
    const fine = { ...newPrice(), amount: '10' };
    const empty = newPrice();
    const uncounted = { ...newPrice(), kind: 'metered' as const, amount: '1', metric: 'KWh!' };
    expect([...wrongsOf([fine, empty, uncounted], 'PEN')]).toEqual([
      [at(empty.key, 'amount'), 'amount'],
      [at(uncounted.key, 'metric'), 'metric'],
    ]);
  });

  it('are not refused for what their kind does not have', () => {
    const typed = { ...newPrice(), amount: '10', metric: 'KWh!' };
    expect(wrongsOf([typed], 'PEN').size).toBe(0);
  });

  it('have tiers that go up, and each costs something or says that it does not', () => {
    const tiers = [
      { ...newTier(), upTo: '10', unit: '5' },
      { ...newTier(), upTo: '10', flat: '7' },
      { ...newTier(), upTo: '', unit: '1.999' },
      { ...newTier() },
    ];
    const price = { ...newPrice(), kind: 'tiered_seats' as const, tiers };
    const keys = tiers.map(({ key }) => key);
    expect(wrongsOf([price], 'PEN')).toEqual(
      new Map([
        [at(keys[1] ?? '', 'upTo'), 'upTo'],
        [at(keys[2] ?? '', 'upTo'), 'upTo'],
        [at(keys[2] ?? '', 'unit'), 'decimals'],
        [at(keys[3] ?? '', 'unit'), 'amount'],
      ]),
    );
  });
});
