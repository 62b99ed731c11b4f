/** What the api tells of what is billed, by the names that the screens use. */

import type {
  BillingListCouponsResponse,
  BillingListInvoicesResponse,
  BillingListPlansResponse,
  BillingListSubscriptionsResponse,
  BillingPreviewChangeResponse,
  BillingShowDunningResponse,
  BillingShowInvoiceResponse,
  BillingShowRevenueResponse,
  BillingShowSubscriptionResponse,
  Derivation as Derived,
} from '../api';

export type Derivation = Derived;
export type InvoiceItem = BillingListInvoicesResponse['items'][number];
export type InvoiceDetail = BillingShowInvoiceResponse;
export type Invoice = InvoiceDetail['invoice'];
export type InvoiceLine = InvoiceDetail['lines'][number];
export type SubscriptionItem = BillingListSubscriptionsResponse['items'][number];
export type SubscriptionDetail = BillingShowSubscriptionResponse['detail'];
export type Subscription = SubscriptionDetail['subscription'];
export type Term = SubscriptionDetail['periods'][number];
export type Preview = BillingPreviewChangeResponse;
export type Totals = NonNullable<Preview['now']>;
export type WholePlan = BillingListPlansResponse['items'][number];
export type Plan = WholePlan['plan'];
export type Price = WholePlan['prices'][number];
export type Tier = Price['tiers'][number];
export type Coupon = BillingListCouponsResponse['items'][number];
export type Policy = BillingShowDunningResponse;
export type Revenue = BillingShowRevenueResponse['items'][number];
export type Month = Revenue['months'][number];

const OF_SEATS = new Set<Price['kind']>(['per_seat', 'tiered_seats']);

/** Whether a plan costs more for more seats. */
export const hasSeats = (prices: readonly Pick<Price, 'kind'>[]) =>
  prices.some(({ kind }) => OF_SEATS.has(kind));

/** Whether it costs more for more use. */
export const hasUse = (prices: readonly Pick<Price, 'kind'>[]) =>
  prices.some(({ kind }) => kind === 'metered' || kind === 'tiered_usage');
