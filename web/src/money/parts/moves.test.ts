import { describe, expect, it } from 'vitest';
import { earningStanding, earningWord, movedBy } from './moves';

const pen = (minor: number) => ({ minor, currency: 'PEN' });

describe('what moved', () => {
  it('is said by its code', () => {
    const earned = { code: 'wallets.released', change: 900, amount: 900 };
    expect(movedBy(earned, 'PEN')).toEqual({ word: 'earned', amount: pen(900), aside: false });
  });

  it('shows how much was set aside, though nothing left the wallet', () => {
    const held = { code: 'payouts.held', change: 0, amount: 600 };
    expect(movedBy(held, 'PEN')).toEqual({ word: 'held', amount: pen(600), aside: true });
  });

  it('falls back to the direction for codes that it does not know', () => {
    expect(movedBy({ code: 'agents.bonus', change: 5, amount: 5 }, 'PEN').word).toBe('in');
    expect(movedBy({ code: 'agents.fine', change: -5, amount: 5 }, 'PEN').word).toBe('out');
  });
});

describe('an earning', () => {
  it('without words of its own is called by what it is', () => {
    expect(earningWord('livestock.commission')).toBe('commission');
    expect(earningWord('garage.share')).toBe('share');
    expect(earningWord('agents.bonus')).toBe('other');
  });

  it('waits, can be paid out, or is gone', () => {
    const amount = pen(500);
    expect(earningStanding({ status: 'pending', amount, clawed: pen(0) }).word).toBe('waits');
    expect(earningStanding({ status: 'available', amount, clawed: pen(499) }).word).toBe('available');
    expect(earningStanding({ status: 'available', amount, clawed: pen(500) }).word).toBe('gone');
  });
});
