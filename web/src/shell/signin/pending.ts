/**
 * A registration that waits for its code. What the code has to come back with is kept for this tab, so that a reload
 * loses nothing; the password only for as long as the page lives, so that whoever has confirmed is signed in at once.
 */

const KEPT = 'holdfast.pending';

export interface Pending {
  email: string;
  verification: string;
  /** When the last code was asked for, in milliseconds. */
  sentAt: number;
}

let typed: { email: string; password: string } | null = null;

export function beginPending(email: string, verification: string, password?: string): void {
  sessionStorage.setItem(KEPT, JSON.stringify({ email, verification, sentAt: Date.now() } satisfies Pending));
  if (password !== undefined) typed = { email, password };
}

/** What waits for a code that was mailed to this address. */
export function pendingFor(email: string): Pending | null {
  try {
    const pending = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Pending | null;
    return pending?.email === email ? pending : null;
  } catch {
    return null;
  }
}

/** The password that was typed for this address, if the page still knows it. */
export const typedFor = (email: string): string | null => (typed?.email === email ? typed.password : null);

export function endPending(): void {
  sessionStorage.removeItem(KEPT);
  typed = null;
}
