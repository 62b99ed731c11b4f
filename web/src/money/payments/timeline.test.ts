import { describe, expect, it } from 'vitest';
import { amountIn, declineKey, noticeFor, toldBy, toneOf } from './timeline';

describe('what happened to a payment', () => {
  it.each([
    ['payments.payment.created', {}, 'created'],
    ['payments.payment.captured', {}, 'captured'],
    ['payments.payment.failed', { retry: true }, 'failed'],
    ['payments.payment.failed', { retry: false }, 'failedForGood'],
    ['payments.payment.moved', { status: 'unknown' }, 'unknown'],
    ['payments.payment.moved', { status: 'teleported' }, 'other'],
    ['payments.refund.moved', { status: 'unknown' }, 'refundUnknown'],
    ['payments.refund.moved', { status: 'pending' }, 'refundPending'],
    ['payments.refund.failed', { returned: true }, 'refundReturned'],
    ['payments.refund.failed', { returned: false }, 'refundFailed'],
    ['payments.dispute.closed', { won: true }, 'won'],
    ['payments.dispute.closed', { won: false }, 'lost'],
    ['payments.something.new', {}, 'other'],
  ])('%s with %o is told as %s', (kind, details, told) => {
    expect(toldBy({ kind, details })).toBe(told);
  });

  it('marks trouble, doubt and money', () => {
    expect([toneOf('captured'), toneOf('unknown'), toneOf('failed'), toneOf('created')]).toEqual([
      'good',
      'warn',
      'bad',
      'neutral',
    ]);
  });

  it('reads an amount only where there is a whole one', () => {
    expect(amountIn({ amount: { minor: 2550, currency: 'PEN' } })).toEqual({ minor: 2550, currency: 'PEN' });
    expect(amountIn({ amount: { minor: '2550', currency: 'PEN' } })).toBeNull();
    expect(amountIn(undefined)).toBeNull();
  });

  it('has a sentence for the words of banks that it knows', () => {
    expect(declineKey('insufficient_funds')).toBe('insufficient_funds');
    expect(declineKey('new_word')).toBeNull();
  });

  it('explains a payment that did not go plainly, a dispute before everything', () => {
    expect(noticeFor({ status: 'unknown', disputed: false })).toBe('unknown');
    expect(noticeFor({ status: 'captured', disputed: false })).toBeNull();
    expect(noticeFor({ status: 'captured', disputed: true })).toBe('disputed');
  });
});
