/** Until when a card is good. */

export interface Expiry {
  /** A day of its last month. */
  on: string;
  state: 'good' | 'soon' | 'over';
}

/** `expires` as `2027-05`; null for what never ends, or is written in another way. A card is good to its month's end. */
export function expiryOf(expires: string | null, now: Date): Expiry | null {
  const found = /^(\d{4})-(\d\d)$/.exec(expires ?? '');
  if (found === null) return null;
  const months =
    Number(found[1]) * 12 + Number(found[2]) - 1 - (now.getUTCFullYear() * 12 + now.getUTCMonth());
  return { on: `${expires}-15`, state: months < 0 ? 'over' : months <= 1 ? 'soon' : 'good' };
}
