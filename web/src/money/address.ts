/** What the screens of money keep in the address, so that a reload, a bookmark and a colleague see the same. */

type Raw = Record<string, unknown>;

export const WINDOWS = [7, 30, 90, 365] as const;
export type Window = (typeof WINDOWS)[number];
export const USUAL_WINDOW: Window = 30;

/** How a payment may stand, refunds and disputes included. */
export const PAYMENT_STATES = [
  'created',
  'requires_action',
  'processing',
  'unknown',
  'authorized',
  'captured',
  'partially_refunded',
  'refunded',
  'disputed',
  'failed',
  'cancelled',
  'expired',
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

export const INVOICE_STATES = ['open', 'paid', 'void', 'uncollectible'] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

export const SUBSCRIPTION_STATES = [
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'paused',
  'cancelled',
  'parked',
] as const;
export type SubscriptionState = (typeof SUBSCRIPTION_STATES)[number];

/** What is behind the figures of a wallet. */
export const WALLET_TABS = ['earned', 'moves', 'statement'] as const;
export type WalletTab = (typeof WALLET_TABS)[number];

/** How far back a list of payments reaches, in days. */
export const REACHES = [1, 7, 30, 90] as const;
export type Reach = (typeof REACHES)[number];

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const one = <Value extends string | number>(known: readonly Value[], raw: unknown): Value | undefined =>
  known.find((value) => String(value) === String(raw));

/** A number that was typed into the address arrives as one. */
const text = (raw: unknown): { search?: string } =>
  ['string', 'number'].includes(typeof raw) && raw !== '' ? { search: String(raw).slice(0, 100) } : {};

const id = <Name extends string>(name: Name, raw: Raw) =>
  (typeof raw[name] === 'string' && ID.test(raw[name]) ? { [name]: raw[name] } : {}) as {
    [Key in Name]?: string;
  };

const chosen = <Name extends string, Value extends string | number>(
  name: Name,
  known: readonly Value[],
  raw: Raw,
) => {
  const value = one(known, raw[name]);
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
};

/** How many days count as now; absent for the usual ones. */
export const onlyWindow = (raw: Raw): { days?: Window } => {
  const { days } = chosen('days', WINDOWS, raw);
  return days === undefined || days === USUAL_WINDOW ? {} : { days };
};

export const paymentFilter = (raw: Raw) => ({
  ...text(raw.search),
  ...chosen('status', PAYMENT_STATES, raw),
  ...chosen('within', REACHES, raw),
  ...id('customer', raw),
});

export const invoiceFilter = (raw: Raw) => ({
  ...chosen('status', INVOICE_STATES, raw),
  ...(raw.overdue === true ? { overdue: true as const } : {}),
  ...id('customer', raw),
});

export const subscriptionFilter = (raw: Raw) => ({
  ...chosen('status', SUBSCRIPTION_STATES, raw),
  ...id('plan', raw),
});

export const customerFilter = (raw: Raw) => text(raw.search);

/** Only the disputes that are not decided yet, unless all are asked for. */
export const disputeFilter = (raw: Raw): { all?: true } => (raw.all === true ? { all: true } : {});

export const runChosen = (raw: Raw) => id('run', raw);

/** What of a wallet is looked at; absent for what was earned. */
export const walletTab = (raw: Raw): { tab?: WalletTab } => chosen('tab', WALLET_TABS, raw);
