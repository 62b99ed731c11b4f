/** What happened to a payment, in words: which sentence an event is told by, and how it is marked. */

import type { Tone } from '../../ui/StatusBadge';
import type { Moment } from '../types';

/** The sentences of the catalogue, as `timeline.<key>`. */
export type Told =
  | 'created'
  | 'actionRequired'
  | 'captured'
  | 'failed'
  | 'failedForGood'
  | 'processing'
  | 'unknown'
  | 'authorized'
  | 'cancelled'
  | 'expired'
  | 'refundRequested'
  | 'refundPending'
  | 'refundUnknown'
  | 'refunded'
  | 'refundFailed'
  | 'refundReturned'
  | 'disputed'
  | 'answered'
  | 'won'
  | 'lost'
  | 'other';

const TONES: Readonly<Partial<Record<Told, Tone>>> = {
  captured: 'good',
  failed: 'bad',
  failedForGood: 'bad',
  unknown: 'warn',
  actionRequired: 'warn',
  refunded: 'info',
  refundUnknown: 'warn',
  refundFailed: 'bad',
  refundReturned: 'bad',
  disputed: 'bad',
  won: 'good',
  lost: 'bad',
};

const BY_NAME: Readonly<Record<string, Told>> = {
  'payments.payment.created': 'created',
  'payments.payment.action_required': 'actionRequired',
  'payments.payment.captured': 'captured',
  'payments.refund.requested': 'refundRequested',
  'payments.refund.succeeded': 'refunded',
  'payments.dispute.opened': 'disputed',
  'payments.dispute.answered': 'answered',
};

const MOVED: readonly string[] = [
  'processing',
  'unknown',
  'authorized',
  'cancelled',
  'expired',
] satisfies Told[];

/** The sentence that tells an event. */
export function toldBy({ kind, details = {} }: Pick<Moment, 'kind' | 'details'>): Told {
  switch (kind) {
    case 'payments.payment.failed':
      return details.retry === false ? 'failedForGood' : 'failed';
    case 'payments.payment.moved':
      return MOVED.includes(String(details.status)) ? (details.status as Told) : 'other';
    case 'payments.refund.moved':
      return details.status === 'unknown' ? 'refundUnknown' : 'refundPending';
    case 'payments.refund.failed':
      return details.returned === true ? 'refundReturned' : 'refundFailed';
    case 'payments.dispute.closed':
      return details.won === true ? 'won' : 'lost';
    default:
      return BY_NAME[kind] ?? 'other';
  }
}

export const toneOf = (told: Told): Tone => TONES[told] ?? 'neutral';

/** An amount that an event carries; null where it carries none. */
export function amountIn(details: Moment['details']): { minor: number; currency: string } | null {
  const amount = details?.amount as { minor?: unknown; currency?: unknown } | undefined;
  return typeof amount?.minor === 'number' && typeof amount.currency === 'string'
    ? { minor: amount.minor, currency: amount.currency }
    : null;
}

/** A word of the bank's that this application has a sentence for. */
const DECLINES = [
  'insufficient_funds',
  'card_declined',
  'generic_decline',
  'expired_card',
  'incorrect_cvc',
  'lost_card',
  'stolen_card',
  'do_not_honor',
  'authentication_required',
  'processing_error',
  'timed_out',
] as const;

export const declineKey = (code: unknown): (typeof DECLINES)[number] | null =>
  DECLINES.find((one) => one === code) ?? null;

/** How a payment stands decides which notice explains it; a payment that went well needs none. */
export type Notice = 'unknown' | 'processing' | 'requires_action' | 'authorized' | 'failed' | 'disputed';

export function noticeFor(payment: { status: string; disputed: boolean }): Notice | null {
  if (payment.disputed) return 'disputed';
  const explained: readonly Notice[] = ['unknown', 'processing', 'requires_action', 'authorized', 'failed'];
  return explained.find((one) => one === payment.status) ?? null;
}
