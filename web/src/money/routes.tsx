/** The console's screens of money, under the business that the address names. */

import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { declareLive } from '../live';
import { consoleRoute } from '../shell/console/route';
import {
  customerFilter,
  disputeFilter,
  invoiceFilter,
  onlyWindow,
  paymentFilter,
  runChosen,
  subscriptionFilter,
  walletTab,
} from './address';
import { moneyLive } from './live';

declareLive(moneyLive);

const inConsole = { getParentRoute: () => consoleRoute } as const;

/** A branch of its own: the types of one long list of addresses become too deep for the compiler. */
export const treasuryRoute = createRoute({ ...inConsole, id: 'treasury' });
const inTreasury = { getParentRoute: () => treasuryRoute } as const;

export const treasuryPages = [
  createRoute({
    ...inTreasury,
    path: 'money/payouts',
    component: lazyRouteComponent(() => import('./payouts/Payouts'), 'Payouts'),
  }),
  createRoute({
    ...inTreasury,
    path: 'money/payouts/$walletId',
    validateSearch: walletTab,
    component: lazyRouteComponent(() => import('./payouts/Wallet'), 'Wallet'),
  }),
  createRoute({
    ...inTreasury,
    path: 'money/books',
    component: lazyRouteComponent(() => import('./books/Books'), 'Books'),
  }),
  createRoute({
    ...inTreasury,
    path: 'money/sandbox',
    component: lazyRouteComponent(() => import('./sandbox/Sandbox'), 'Sandbox'),
  }),
];

export const moneyConsoleRoutes = [
  createRoute({
    ...inConsole,
    path: 'money',
    validateSearch: onlyWindow,
    component: lazyRouteComponent(() => import('./revenue/Overview'), 'Overview'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/payments',
    validateSearch: paymentFilter,
    component: lazyRouteComponent(() => import('./payments/Payments'), 'Payments'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/payments/$paymentId',
    component: lazyRouteComponent(() => import('./payments/Payment'), 'Payment'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/invoices',
    validateSearch: invoiceFilter,
    component: lazyRouteComponent(() => import('./invoices/Invoices'), 'Invoices'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/invoices/$invoiceId',
    component: lazyRouteComponent(() => import('./invoices/Invoice'), 'Invoice'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/subscriptions',
    validateSearch: subscriptionFilter,
    component: lazyRouteComponent(() => import('./subscriptions/Subscriptions'), 'Subscriptions'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/subscriptions/$subscriptionId',
    component: lazyRouteComponent(() => import('./subscriptions/Subscription'), 'Subscription'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/customers',
    validateSearch: customerFilter,
    component: lazyRouteComponent(() => import('./customers/Customers'), 'Customers'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/customers/$customerId',
    component: lazyRouteComponent(() => import('./customers/Customer'), 'Customer'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/plans',
    component: lazyRouteComponent(() => import('./plans/Plans'), 'Plans'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/coupons',
    component: lazyRouteComponent(() => import('./coupons/Coupons'), 'Coupons'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/disputes',
    validateSearch: disputeFilter,
    component: lazyRouteComponent(() => import('./disputes/Disputes'), 'Disputes'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/disputes/$disputeId',
    component: lazyRouteComponent(() => import('./disputes/Dispute'), 'Dispute'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/reconciliation',
    validateSearch: runChosen,
    component: lazyRouteComponent(() => import('./reconciliation/Reconciliation'), 'Reconciliation'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/dunning',
    component: lazyRouteComponent(() => import('./dunning/Dunning'), 'Dunning'),
  }),
  createRoute({
    ...inConsole,
    path: 'money/connections',
    component: lazyRouteComponent(() => import('./connections/Connections'), 'Connections'),
  }),
];
