/** How payments, invoices and subscriptions stand: the word's key, and the tone of its badge. */

import type { Tone } from '../../ui/StatusBadge';
import {
  INVOICE_STATES,
  type InvoiceState,
  PAYMENT_STATES,
  type PaymentState,
  SUBSCRIPTION_STATES,
  type SubscriptionState,
} from '../address';

export const PAYMENT_TONES: Readonly<Record<PaymentState, Tone>> = {
  created: 'neutral',
  requires_action: 'warn',
  processing: 'info',
  unknown: 'warn',
  authorized: 'info',
  captured: 'good',
  partially_refunded: 'good',
  refunded: 'neutral',
  disputed: 'bad',
  failed: 'bad',
  cancelled: 'neutral',
  expired: 'neutral',
};

export const INVOICE_TONES: Readonly<Record<InvoiceState | 'overdue', Tone>> = {
  open: 'info',
  overdue: 'bad',
  paid: 'good',
  void: 'neutral',
  uncollectible: 'warn',
};

export const SUBSCRIPTION_TONES: Readonly<Record<SubscriptionState, Tone>> = {
  incomplete: 'neutral',
  trialing: 'info',
  active: 'good',
  past_due: 'bad',
  paused: 'warn',
  cancelled: 'neutral',
  parked: 'bad',
};

/** A word of the api's that this release knows; a newer api's own falls back to the first. */
const known =
  <Word extends string>(words: readonly [Word, ...Word[]]) =>
  (word: string): Word =>
    words.find((one) => one === word) ?? words[0];

export const paymentState = known(PAYMENT_STATES);
export const subscriptionState = known(SUBSCRIPTION_STATES);

export const invoiceState = (invoice: { status: string; overdue: boolean }): InvoiceState | 'overdue' =>
  invoice.overdue && invoice.status === 'open' ? 'overdue' : known(INVOICE_STATES)(invoice.status);

/** Somebody may still pay it. */
export const isPayable = (status: string): boolean =>
  ['created', 'requires_action', 'failed'].includes(status);

/** It can be let go: nothing was taken, and nobody is charging it at this moment. */
export const isCancellable = (status: string): boolean =>
  ['created', 'requires_action', 'failed', 'authorized'].includes(status);
