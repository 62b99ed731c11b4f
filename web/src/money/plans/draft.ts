/** A plan as it is typed, and what of it the api is sent. */

import type { BillingCreatePlanData, NewPrice } from '../../api';
import { minorOf, typedOf } from '../../ui/amounts';
import type { Price } from '../billing';

type NewPlan = BillingCreatePlanData['body'];
export const KINDS = [
  'per_period',
  'per_seat',
  'one_off',
  'metered',
  'tiered_seats',
  'tiered_usage',
] as const;
export type Kind = (typeof KINDS)[number];

export interface TierDraft {
  key: string;
  /** Empty for the last, which has no end. */
  upTo: string;
  unit: string;
  flat: string;
}

export interface PriceDraft {
  key: string;
  kind: Kind;
  label: string;
  amount: string;
  per: number;
  metric: string;
  tax: number;
  taxInclusive: boolean;
  mode: 'graduated' | 'volume';
  tiers: TierDraft[];
}

export interface PlanDraft {
  name: string;
  description: string;
  interval: 'day' | 'week' | 'month' | 'year';
  intervalCount: number;
  trialDays: number;
  daily: boolean;
  pausable: boolean;
  public: boolean;
  prices: PriceDraft[];
}

export const isTiered = (kind: Kind) => kind === 'tiered_seats' || kind === 'tiered_usage';
export const isOfUse = (kind: Kind) => kind === 'metered' || kind === 'tiered_usage';

export const newTier = (): TierDraft => ({ key: crypto.randomUUID(), upTo: '', unit: '', flat: '' });

export const newPrice = (label = ''): PriceDraft => ({
  key: crypto.randomUUID(),
  kind: 'per_period',
  label,
  amount: '',
  per: 1,
  metric: '',
  tax: 0,
  taxInclusive: false,
  mode: 'graduated',
  tiers: [{ ...newTier(), upTo: '10' }, newTier()],
});

/** A price that a plan has already, to be typed over. */
export function draftOf(price: Price): PriceDraft {
  const { currency } = price.amount;
  const typed = (minor: number) => typedOf(minor, currency);
  return {
    ...newPrice(price.label),
    kind: price.kind,
    amount: isTiered(price.kind) ? '' : typed(price.amount.minor),
    per: price.per,
    metric: price.metric ?? '',
    tax: price.tax_basis_points / 100,
    taxInclusive: price.tax_inclusive,
    mode: price.tier_mode,
    ...(price.tiers.length > 0 && {
      tiers: price.tiers.map(({ up_to, unit, flat }) => ({
        ...newTier(),
        upTo: up_to?.toString() ?? '',
        unit: typed(unit),
        flat: flat ? typed(flat) : '',
      })),
    }),
  };
}

/** The same prices are not worth sending. */
export const same = (some: readonly PriceDraft[], others: readonly PriceDraft[]) =>
  JSON.stringify(some) === JSON.stringify(others);

export const newPlan = (): PlanDraft => ({
  name: '',
  description: '',
  interval: 'month',
  intervalCount: 1,
  trialDays: 0,
  daily: true,
  pausable: true,
  public: true,
  prices: [newPrice()],
});

/** A short name for addresses and files, from what people call it. */
export const codeOf = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50) || 'plan';

/** What a price is sent as; an amount that is not one counts as nothing. */
export function priceOf(price: PriceDraft, currency: string, fallback: string): NewPrice {
  const minor = (typed: string) => minorOf(typed, currency) ?? 0;
  const shared = {
    kind: price.kind,
    label: price.label.trim() || fallback,
    tax_basis_points: Math.round(price.tax * 100),
    tax_inclusive: price.taxInclusive,
    ...(isOfUse(price.kind) && { metric: price.metric.trim() }),
  };
  if (!isTiered(price.kind))
    return {
      ...shared,
      amount: { minor: minor(price.amount), currency },
      ...(price.kind === 'metered' && { per: price.per }),
    };
  const last = price.tiers.length - 1;
  return {
    ...shared,
    tier_mode: price.mode,
    tiers: price.tiers.map(({ upTo, unit, flat }, index) => ({
      up_to: index === last ? null : Number(upTo) || 0,
      unit: minor(unit),
      flat: minor(flat),
    })),
  };
}

export const planOf = (plan: PlanDraft, currency: string): NewPlan => ({
  code: codeOf(plan.name),
  name: plan.name.trim(),
  currency,
  interval: plan.interval,
  interval_count: plan.intervalCount,
  trial_days: plan.trialDays,
  proration: plan.daily ? 'daily' : 'none',
  pausable: plan.pausable,
  public: plan.public,
  ...(plan.description.trim() && { description: plan.description.trim() }),
  prices: plan.prices.map((price) => priceOf(price, currency, plan.name.trim())),
});
