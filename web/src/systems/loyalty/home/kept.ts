/** Cards that this browser keeps without an account: the card page wrote them down when they were opened here. */

import { openDB } from 'idb';
import { loyaltyCreateHolding, type Own, type OwnCard } from '../../../api';
import type { Holding, Kept } from '../../../shell/systems';

/** As the card page writes it. */
export interface KeptCard {
  tenant_id: string;
  token: string;
  own: Own | null;
  kept_at: number;
}

const NAME = 'holdfast-card';
const STORE = 'cards';

/** The card that matters now: one with a reward to be had, otherwise the one that was used last. */
function foremost({ cards, rewards }: Own): OwnCard | undefined {
  const ready = new Set(rewards.map((reward) => reward.card_id));
  return [...cards].sort(
    (one, other) =>
      Number(ready.has(other.id)) - Number(ready.has(one.id)) ||
      (other.last_visit_at ?? '').localeCompare(one.last_visit_at ?? ''),
  )[0];
}

/** A card as the list of everything shows it, made of what was known when it was last opened. */
export function asHolding({ tenant_id, token, own, kept_at }: KeptCard): Holding | null {
  const card = own === null ? undefined : foremost(own);
  if (own === null || card === undefined) return null;
  const reward = own.rewards.find((one) => one.card_id === card.id);
  return {
    id: `kept-${tenant_id}`,
    kind: 'loyalty.card',
    subject_id: own.member_id,
    tenant_id,
    business: own.business,
    logo_url: own.logo_url,
    accent: own.accent,
    title: card.program,
    subtitle: reward?.reward ?? card.reward,
    done: Math.min(card.stamps, card.stamps_required),
    of: card.stamps_required,
    unit: 'stamps',
    ready: reward !== undefined,
    link: `/card#${token}`,
    added_at: new Date(kept_at).toISOString(),
  };
}

/** Every card of this browser; the database is the card page's, so where there is none, none is made. */
async function everyCard(): Promise<KeptCard[]> {
  const database = await openDB(NAME, undefined, {
    upgrade: (_database, _before, _after, transaction) => {
      transaction.done.catch(() => {});
      transaction.abort();
    },
  }).catch(() => null);
  if (database === null) return [];
  try {
    return database.objectStoreNames.contains(STORE) ? await database.getAll(STORE) : [];
  } finally {
    database.close();
  }
}

export async function keptCards(): Promise<Kept[]> {
  return (await everyCard())
    .sort((one, other) => other.kept_at - one.kept_at)
    .flatMap((card) => {
      const holding = asHolding(card);
      const keep = async () => {
        await loyaltyCreateHolding({ headers: { 'Holdfast-Card': card.token } });
      };
      return holding === null ? [] : [{ holding, keep }];
    });
}
