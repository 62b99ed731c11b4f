/** What a plan that is being made would cost a customer: the same sums as the api's rating, to see while typing. */

import type { NewPrice } from '../../api';

export interface TierTyped {
  up_to: number | null;
  unit: number;
  flat: number;
}

/** What a quantity costs by tiers, in minor units. */
export function byTiers(tiers: readonly TierTyped[], quantity: number, mode: 'graduated' | 'volume'): number {
  if (mode === 'volume') {
    const tier = tiers.find(({ up_to }) => up_to === null || quantity <= up_to);
    return tier === undefined ? 0 : tier.unit * quantity + (quantity > 0 ? tier.flat : 0);
  }
  let below = 0;
  let sum = 0;
  for (const { up_to, unit, flat } of tiers) {
    const top = up_to === null ? quantity : Math.min(quantity, up_to);
    if (top <= below) break;
    sum += (top - below) * unit + flat;
    below = top;
  }
  return sum;
}

/** What a price comes to for so many seats or units, in minor units and before tax. */
export function costOf(price: NewPrice, seats: number, used: number): number {
  const unit = price.amount?.minor ?? 0;
  const tiers = (price.tiers ?? []).map(({ up_to = null, unit: each, flat = 0 }) => ({
    up_to,
    unit: each,
    flat,
  }));
  switch (price.kind) {
    case 'per_seat':
      return unit * seats;
    case 'metered':
      return Math.round((unit * used) / (price.per ?? 1));
    case 'tiered_seats':
      return byTiers(tiers, seats, price.tier_mode ?? 'graduated');
    case 'tiered_usage':
      return byTiers(tiers, used, price.tier_mode ?? 'graduated');
    default:
      return unit;
  }
}
