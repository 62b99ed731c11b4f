/** How an invoice stands for whoever pays it. */

import type { Tone } from '../../ui/StatusBadge';
import type { Invoice, Payment } from './api';

export type InvoiceStanding =
  | 'paid'
  | 'open'
  | 'overdue'
  | 'asking'
  | 'void'
  | 'uncollectible'
  | 'draft'
  | 'credited';

/** In which nobody knows yet what becomes of a payment. */
const DOUBTFUL = new Set(['processing', 'unknown']);

/** The payment of which nobody knows yet what becomes of it. */
export const doubtful = (payments: readonly Pick<Payment, 'status'>[]) =>
  payments.find(({ status }) => DOUBTFUL.has(status));

export function invoiceStanding(
  invoice: Pick<Invoice, 'status' | 'overdue' | 'credited' | 'total'>,
  payments: readonly Pick<Payment, 'status'>[] = [],
): InvoiceStanding {
  if (invoice.status === 'open') {
    if (doubtful(payments) !== undefined) return 'asking';
    return invoice.overdue ? 'overdue' : 'open';
  }
  if (invoice.status === 'paid' && invoice.credited.minor >= invoice.total.minor && invoice.total.minor > 0)
    return 'credited';
  return invoice.status;
}

export const TONES: Record<InvoiceStanding, Tone> = {
  paid: 'good',
  open: 'warn',
  overdue: 'bad',
  asking: 'info',
  void: 'neutral',
  uncollectible: 'neutral',
  draft: 'neutral',
  credited: 'neutral',
};

/** A payment's word, as its payer needs it. */
export function paymentStanding(shown: string): { word: PaymentWord; tone: Tone } {
  const word = PAYMENT_WORDS.find((one) => one === shown) ?? 'other';
  return { word, tone: PAYMENT_TONES[word] };
}

const PAYMENT_WORDS = [
  'captured',
  'partially_refunded',
  'refunded',
  'disputed',
  'failed',
  'processing',
  'unknown',
  'authorized',
  'requires_action',
  'cancelled',
  'expired',
] as const;

export type PaymentWord = (typeof PAYMENT_WORDS)[number] | 'other';

const PAYMENT_TONES: Record<PaymentWord, Tone> = {
  captured: 'good',
  partially_refunded: 'info',
  refunded: 'info',
  disputed: 'warn',
  failed: 'bad',
  processing: 'info',
  unknown: 'info',
  authorized: 'info',
  requires_action: 'warn',
  cancelled: 'neutral',
  expired: 'neutral',
  other: 'neutral',
};
