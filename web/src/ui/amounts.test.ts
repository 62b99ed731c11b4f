import { describe, expect, it } from 'vitest';
import { digitsOf, minorOf } from './amounts';

describe('an amount that somebody typed', () => {
  it.each([
    ['12', 'PEN', 1200],
    ['12.5', 'PEN', 1250],
    ['12,50', 'PEN', 1250],
    ['12.', 'PEN', 1200],
    ['1.234,5', 'EUR', 123450],
    ['1,234.50', 'USD', 123450],
    ['1.234', 'EUR', 123400],
    [' 1 234,50 ', 'EUR', 123450],
    ['0', 'PEN', 0],
    ['850', 'JPY', 850],
    ['1,200', 'JPY', 1200],
    ['1.5', 'KWD', 1500],
  ])('%s %s is %d', (typed, currency, minor) => {
    expect(minorOf(typed, currency)).toBe(minor);
  });

  it.each(['', 'twelve', '-3', '1e3', '.5', '9'.repeat(20)])('%s is none', (typed) => {
    expect(minorOf(typed, 'PEN')).toBeNull();
  });

  it('has as many digits behind the point as its currency', () => {
    expect([digitsOf('PEN'), digitsOf('JPY'), digitsOf('KWD')]).toEqual([2, 0, 3]);
  });
});
