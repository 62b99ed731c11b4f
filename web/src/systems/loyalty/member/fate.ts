/** What becomes of a card and a reward when a stamp is taken back. */

import type { LoyaltyShowCustomerResponse as Customer, Reward, Stamp } from '../../../api';

export type Fate =
  /** It is still on the card. */
  | { kind: 'onCard' }
  /** It went into a reward that nobody had yet. */
  | { kind: 'inReward'; reward: Reward }
  /** It went into a reward that is over, so the api keeps it. */
  | { kind: 'spent'; reward: Reward }
  /** It went into a reward of long ago, which this page does not know. */
  | { kind: 'unknown' };

/** Stamps take places on a card in their order; those up to `spent` went into rewards, each of which took some in a row. */
export function fateOf(stamp: Stamp, { cards, rewards }: Pick<Customer, 'cards' | 'rewards'>): Fate {
  const card = cards.find(({ id }) => id === stamp.card_id);
  const { place } = stamp;
  if (card === undefined || place === null) return { kind: 'unknown' };
  if (place > card.spent) return { kind: 'onCard' };
  const reward = rewards.find(
    (one) =>
      one.card_id === card.id &&
      one.status !== 'cancelled' &&
      place <= one.last_place &&
      place > one.last_place - one.stamps,
  );
  if (reward === undefined) return { kind: 'unknown' };
  return { kind: reward.status === 'earned' ? 'inReward' : 'spent', reward };
}
