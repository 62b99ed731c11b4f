/** What a payer is told: where a payment stands, in the few words that matter to whoever pays. */

import type { LinkView } from './link';

export type Standing =
  | 'payable'
  /** Their bank wants them to confirm it. */
  | 'confirm'
  | 'declined'
  /** They came back from the provider's page without paying. */
  | 'left'
  /** Nobody knows yet whether it went through, and they must not pay again. */
  | 'asking'
  /** The amount is kept for the business, which takes it later. */
  | 'reserved'
  | 'paid'
  | 'refunded'
  | 'over';

const OVER = new Set(['expired', 'cancelled', 'void', 'uncollectible', 'draft']);
const ASKING = new Set(['created', 'requires_action', 'processing', 'unknown', 'open', 'failed']);

interface Came {
  /** From the provider's page. */
  returned: boolean;
  /** The provider was asked since then, and answered. */
  asked: boolean;
}

export function standingOf(view: Pick<LinkView, 'status' | 'payable' | 'receipt'>, came: Came): Standing {
  const { status, payable } = view;
  if (payable) {
    // Whoever comes back may have paid; until the provider was asked, nobody may be told to pay.
    if (came.returned && !came.asked) return 'asking';
    if (status === 'failed') return 'declined';
    if (status === 'requires_action' && !came.returned) return 'confirm';
    return came.returned ? 'left' : 'payable';
  }
  if (status === 'refunded') return 'refunded';
  if (status === 'authorized') return 'reserved';
  if (OVER.has(status)) return 'over';
  if (view.receipt) return 'paid';
  return ASKING.has(status) ? 'asking' : 'paid';
}

/** Gently: soon at first, because most banks answer in seconds, then ever more rarely. */
const PAUSES_MS = [1_500, 2_500, 4_000, 6_000, 10_000, 15_000];
/** About ten minutes; whoever waits longer is told that they need not. */
export const MOST_TRIES = 42;

/** How long to wait before it is asked again, after so many times; false when it is enough. */
export function pauseBefore(tries: number): number | false {
  if (tries >= MOST_TRIES) return false;
  return PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? false;
}
