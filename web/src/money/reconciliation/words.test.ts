import { describe, expect, it } from 'vitest';
import { kindOf, sideBySide, stateOf } from './words';

describe('a comparison', () => {
  it('puts the three records side by side, and marks what differs', () => {
    expect(
      sideBySide({ status: 'captured', captured: 5000 }, { captured: 5000 }, { captured: 4000, ref: 'pi_1' }),
    ).toEqual([
      { name: 'status', values: ['captured', '', ''], differs: false },
      { name: 'captured', values: ['5000', '5000', '4000'], differs: true },
      { name: 'ref', values: ['', '', 'pi_1'], differs: false },
    ]);
    expect(sideBySide(null, null, null)).toEqual([]);
  });

  it('reads what a newer api says as something else', () => {
    expect(kindOf('stranger')).toBe('stranger');
    expect(kindOf('brand_new')).toBe('other');
    expect(stateOf('clean')).toBe('clean');
  });
});
