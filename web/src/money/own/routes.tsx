/** What people see of their own money: the page that a link leads to, and their accounts at businesses. */

import { createRoute, lazyRouteComponent, type RouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../shell/root';
import { signedInOnly } from '../../shell/session';
import { type WalletTab, walletTab } from '../address';

type Raw = Record<string, unknown>;

/** Whether somebody comes back from the provider's page; what the provider adds to the address is not believed. */
export const came = ({ returned }: Raw): { returned?: boolean | undefined } => ({
  returned: returned === true || returned === 'true' || undefined,
});

/** What somebody had, and may want again. */
const chosen = ({ plan, seats }: Raw): { plan?: string | undefined; seats?: number | undefined } => ({
  plan: typeof plan === 'string' ? plan : undefined,
  seats: typeof seats === 'number' && Number.isInteger(seats) && seats > 0 ? seats : undefined,
});

/** Which of somebody's wallets, who has several, and what of it they look at. */
const which = (raw: Raw): { wallet?: string | undefined; tab?: WalletTab } => ({
  wallet: typeof raw.wallet === 'string' ? raw.wallet : undefined,
  ...walletTab(raw),
});

const root = { getParentRoute: () => rootRoute } as const;

/** They come in one piece, because whoever opens one mostly opens others. */
const page = (name: keyof typeof import('./pages')): RouteComponent =>
  lazyRouteComponent(() => import('./pages'), name);

export const accountRoute = createRoute({
  ...root,
  path: 'home/money/$tenantId',
  loader: signedInOnly,
  component: page('AccountLayout'),
});

const inAccount = { getParentRoute: () => accountRoute } as const;

export const customerMoneyRoutes = [
  createRoute({
    ...root,
    path: 'pay/$token',
    validateSearch: came,
    component: lazyRouteComponent(() => import('../pay/PayPage'), 'PayPage'),
  }),
];

/** They are put below their route where the whole tree is made; done here, their types would go round in a circle. */
export const accountPages = [
  createRoute({
    ...inAccount,
    path: '/',
    validateSearch: came,
    component: page('Overview'),
  }),
  createRoute({
    ...inAccount,
    path: 'invoices',
    component: page('Invoices'),
  }),
  createRoute({
    ...inAccount,
    path: 'invoices/$invoiceId',
    validateSearch: came,
    component: page('Invoice'),
  }),
  createRoute({
    ...inAccount,
    path: 'payments',
    component: page('Payments'),
  }),
  createRoute({
    ...inAccount,
    path: 'payments/$paymentId',
    component: page('Receipt'),
  }),
  createRoute({
    ...inAccount,
    path: 'methods',
    validateSearch: came,
    component: page('Methods'),
  }),
  createRoute({ ...inAccount, path: 'subscribe', validateSearch: chosen, component: page('Subscribe') }),
  createRoute({
    ...inAccount,
    path: 'subscriptions/$subscriptionId',
    component: page('Subscription'),
  }),
  createRoute({ ...inAccount, path: 'wallet', validateSearch: which, component: page('Wallet') }),
];
