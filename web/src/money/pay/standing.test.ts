import { describe, expect, it } from 'vitest';
import { MOST_TRIES, pauseBefore, standingOf } from './standing';

const HERE = { returned: false, asked: false };
const BACK = { returned: true, asked: false };
const ASKED = { returned: true, asked: true };
const RECEIPT = {
  paid_at: '2026-11-21T10:00:00Z',
  amount: { minor: 1250, currency: 'PEN' },
  refunded: { minor: 0, currency: 'PEN' },
  reference: 'A1',
};
const view = (status: string, payable: boolean, receipt: typeof RECEIPT | null = null) => ({
  status,
  payable,
  receipt,
});

describe('what a payer is told', () => {
  it.each([
    ['created', true, HERE, 'payable'],
    ['open', true, HERE, 'payable'],
    ['requires_action', true, HERE, 'confirm'],
    ['failed', true, HERE, 'declined'],
    ['failed', true, ASKED, 'declined'],
    ['created', true, ASKED, 'left'],
    ['requires_action', true, ASKED, 'left'],
    ['processing', false, HERE, 'asking'],
    ['unknown', false, HERE, 'asking'],
    ['open', false, HERE, 'asking'],
    ['authorized', false, ASKED, 'reserved'],
    ['refunded', false, HERE, 'refunded'],
    ['expired', false, HERE, 'over'],
    ['void', false, HERE, 'over'],
    ['cancelled', false, ASKED, 'over'],
  ] as const)('of %s, payable %s', (status, payable, came, told) => {
    expect(standingOf(view(status, payable), came)).toBe(told);
  });

  it.each(['captured', 'paid', 'partially_refunded', 'disputed'])('of %s with a receipt', (status) => {
    expect(standingOf(view(status, false, RECEIPT), ASKED)).toBe('paid');
  });

  it.each(['created', 'requires_action', 'failed', 'open'])(
    'never to pay %s again before the provider was asked',
    (status) => {
      expect(standingOf(view(status, true), BACK)).toBe('asking');
    },
  );

  it('never that something is over which was refunded', () => {
    expect(standingOf(view('refunded', false, RECEIPT), HERE)).toBe('refunded');
  });
});

describe('how often is asked', () => {
  it('is ever more rarely, and not for ever', () => {
    const pauses = Array.from({ length: MOST_TRIES }, (_, tries) => pauseBefore(tries));
    expect(pauses).toEqual([...pauses].sort((a, b) => Number(a) - Number(b)));
    expect(pauses[0]).toBeLessThan(2_000);
    expect(pauseBefore(MOST_TRIES)).toBe(false);
    const all = pauses.reduce<number>((sum, pause) => sum + Number(pause), 0);
    expect(all / 60_000).toBeGreaterThan(8);
    expect(all / 60_000).toBeLessThan(12);
  });
});
