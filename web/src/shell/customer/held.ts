/**
 * What a person holds, as it was known last: kept in this browser so that their list opens without a network. It holds
 * links that open cards, so a sign-out forgets it.
 */

import type { Holding } from '../systems';

const KEPT = 'holdfast.held';

export interface Held {
  person: string;
  /** When it was known, in milliseconds. */
  at: number;
  items: Holding[];
}

export function rememberHeld(held: Held): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(held));
  } catch {
    // A browser that keeps nothing shows the list only with a network.
  }
}

/** The list as it was known last; with a person, only if it is theirs. */
export function rememberedHeld(person?: string): Held | null {
  try {
    const held = JSON.parse(localStorage.getItem(KEPT) ?? 'null') as Held | null;
    if (held === null || !Array.isArray(held.items)) return null;
    return person === undefined || held.person === person ? held : null;
  } catch {
    return null;
  }
}

export function forgetHeld(): void {
  localStorage.removeItem(KEPT);
}
