import { describe, expect, it } from 'vitest';
import { sums } from './figures';

const pen = (minor: number) => ({ minor, currency: 'PEN' });
const plain = { subtotal: pen(5000), discount: pen(0), total: pen(5000) };

describe('the sums of an invoice', () => {
  it('is the total alone, where nothing is added or taken off', () => {
    expect(sums(plain)).toEqual([{ name: 'total', amount: pen(5000), total: true }]);
  });

  it('adds up to the total', () => {
    const found = sums({
      subtotal: pen(5000),
      discount: pen(500),
      taxes: [{ basis_points: 1800, inclusive: false, tax: pen(810) }],
      total: pen(5310),
    });
    expect(found.map(({ name }) => name)).toEqual(['subtotal', 'discount', 'taxAdded', 'total']);
    const [total, ...parts] = [...found].reverse();
    expect(parts.reduce((all, { amount }) => all + amount.minor, 0)).toBe(total?.amount.minor);
  });

  it('says a tax that is in the prices below the total', () => {
    const taxes = [{ basis_points: 1800, inclusive: true, tax: pen(763) }];
    expect(sums({ ...plain, taxes }).map(({ name }) => name)).toEqual(['total', 'taxIncluded']);
  });

  it('says what is left of one that was partly paid, credited and given back', () => {
    const found = sums({
      ...plain,
      status: 'open',
      credited: pen(1000),
      paid: pen(2500),
      returned: pen(500),
      due: pen(2000),
    });
    expect(found.map(({ name, amount }) => [name, amount.minor])).toEqual([
      ['total', 5000],
      ['credited', -1000],
      ['paid', -2000],
      ['due', 2000],
    ]);
  });

  it('has nothing due once it is paid', () => {
    const found = sums({ ...plain, status: 'paid', paid: pen(5000), due: pen(0) });
    expect(found.map(({ name }) => name)).toEqual(['total', 'paid']);
  });
});
