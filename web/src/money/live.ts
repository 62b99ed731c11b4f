/** What the events of payments and billing change on the screens of money. */

import type { LiveMap } from '../live';

const only = { path: 'payment_id', body: 'payment_id' };
const payment = { family: 'paymentsShowPayment', only };
const payments = { family: 'paymentsListPayments', restMs: 3_000 };
/** Figures are counted by reactions, so they are a moment behind. */
const summary = { family: 'paymentsShowSummary', behind: true, restMs: 3_000 };
const revenue = { family: 'billingShowRevenue', behind: true, restMs: 15_000 };
const disputes = ['paymentsListDisputes', 'paymentsShowDispute'];
const connections = 'paymentsListConnections';
const runs = ['paymentsListReconciliations', 'paymentsShowReconciliation'];
const customer = { family: 'paymentsShowPayer', only: { path: 'customer_id', body: 'customer_id' } };
const methods = { family: 'paymentsListMethods', only: { path: 'customer_id', body: 'customer_id' } };

const moved = [payment, payments, summary];
const invoices = [
  { family: 'billingListInvoices', restMs: 3_000 },
  { family: 'billingShowInvoice', only: { path: 'invoice_id', body: 'invoice_id' } },
  revenue,
];
const subscriptions = [
  { family: 'billingListSubscriptions', restMs: 3_000 },
  { family: 'billingShowSubscription', only: { path: 'subscription_id', body: 'subscription_id' } },
];

const plans = ['billingListPlans', 'billingShowPlan'];
const coupons = ['billingListCoupons'];

const inWallet = { path: 'wallet_id', body: 'wallet_id' };
const wallets = [
  { family: 'payoutsListWallets', restMs: 3_000 },
  ...['Wallet', 'Statement'].map((what) => ({ family: `payoutsShow${what}`, only: inWallet })),
  ...['Entries', 'Earnings'].map((what) => ({ family: `payoutsListWallet${what}`, only: inWallet })),
];
const payouts = [{ family: 'payoutsListPayouts', restMs: 1_000 }, 'payoutsListFiles', ...wallets];
const accounts = ['payoutsListDestinations'];

export const moneyLive: LiveMap = {
  'payments.payment.created': [payments, summary],
  'payments.payment.moved': moved,
  'payments.payment.action_required': moved,
  'payments.payment.captured': [...moved, revenue],
  'payments.payment.failed': [...moved, revenue],
  'payments.attempt.wanted': [payment],
  'payments.refund.requested': [payment],
  'payments.refund.moved': [payment],
  'payments.refund.succeeded': [...moved, revenue],
  'payments.refund.failed': moved,
  'payments.dispute.inquired': [payment, ...disputes],
  'payments.dispute.opened': [...moved, ...disputes],
  'payments.dispute.answered': [payment, ...disputes],
  'payments.dispute.closed': [...moved, ...disputes],
  'payments.connection.added': [connections],
  'payments.connection.changed': [connections],
  'payments.customer.added': [{ family: 'paymentsListPayers', restMs: 3_000 }],
  'payments.customer.changed': [customer, { family: 'paymentsListPayers', restMs: 3_000 }],
  'payments.method.added': [methods],
  'payments.method.removed': [methods],
  'payments.method.default_changed': [methods],
  'payments.reconciliation.wanted': runs,
  'payments.reconciliation.finished': runs,
  'payouts.wallet.credited': wallets,
  'payouts.wallet.released': wallets,
  'payouts.wallet.clawed_back': wallets,
  'payouts.destination.added': accounts,
  'payouts.destination.removed': accounts,
  'payouts.payout.requested': payouts,
  'payouts.payout.approved': payouts,
  'payouts.payout.moved': payouts,
  'billing.invoice.issued': [...invoices, ...subscriptions],
  'billing.invoice.paid': [...invoices, ...subscriptions],
  'billing.invoice.voided': invoices,
  'billing.invoice.overdue': invoices,
  'billing.invoice.uncollectible': invoices,
  'billing.credit_note.issued': invoices,
  'billing.credit.granted': [
    { family: 'billingShowCredit', only: { path: 'customer_id', body: 'customer_id' } },
  ],
  'billing.dunning.started': invoices,
  'billing.dunning.step': invoices,
  'billing.dunning.exhausted': [...invoices, ...subscriptions],
  'billing.dunning.ended': [...invoices, ...subscriptions],
  'billing.subscription.started': [...subscriptions, revenue],
  'billing.subscription.renewed': subscriptions,
  'billing.subscription.changed': [...subscriptions, revenue],
  'billing.subscription.parked': subscriptions,
  'billing.subscription.ended': [...subscriptions, revenue],
  'billing.plan.made': plans,
  'billing.plan.changed': plans,
  'billing.usage.withdrawn': [
    { family: 'billingListUsage', only: { path: 'subscription_id', body: 'subscription_id' } },
  ],
  'billing.coupon.made': coupons,
  'billing.coupon.changed': coupons,
  'billing.coupon.redeemed': coupons,
};
