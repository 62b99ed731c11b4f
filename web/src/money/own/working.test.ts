import { describe, expect, it } from 'vitest';
import { exactly, worked } from './working';

describe('the working of an amount', () => {
  it('says amounts in their currency', () => {
    expect(worked({ label: 'derivation.price', value: 4900 }, 'PEN')).toEqual({
      label: 'price',
      kind: 'amount',
      amount: { minor: 4900, currency: 'PEN' },
    });
  });

  it('says how many days of how many', () => {
    expect(worked({ label: 'derivation.days', value: '17/31' }, 'PEN')).toMatchObject({
      kind: 'days',
      of: [17, 31],
    });
  });

  it('says a rate as a fraction, and a whole one as it came', () => {
    expect(worked({ label: 'derivation.rate', value: '9/50' }, 'PEN')).toMatchObject({
      kind: 'rate',
      of: [9, 50],
    });
    expect(worked({ label: 'derivation.seats', value: 3 }, 'PEN')).toMatchObject({ kind: 'count', count: 3 });
  });

  it('says what a tier costs and for which part', () => {
    expect(worked({ label: 'derivation.tier', value: 5000, detail: '1-10 x 500' }, 'PEN').tier).toEqual({
      range: '1-10',
      unit: { minor: 500, currency: 'PEN' },
    });
  });

  it('shows a step that it does not know as it came', () => {
    expect(worked({ label: 'derivation.moon', value: 'full' }, 'PEN')).toEqual({
      label: 'moon',
      kind: 'other',
      text: 'full',
    });
  });

  it('shows what was rounded away', () => {
    expect(exactly([83300, 31], 'USD', 'en')).toBe('$26.870968');
    expect(exactly([100, 1], 'USD', 'en')).toBe('$1.00');
    expect(exactly([1000, 3], 'JPY', 'en')).toBe('¥333.3333');
  });
});
