/**
 * What was scanned. The api signs its codes and says in the open what they carry, so the phone can tell without a
 * network what a code is for and whose it is; whether it is genuine and still good, only the api can judge.
 *
 * A code is base64url of: 4 bytes of a key's name, 6 of the moment when it ends, 16 of the business, 16 of the card or
 * the reward, 12 more, and 16 of the signature. A check-in code's 12 begin with the moment when it was made; those of
 * a reward's code are chance, and look like such a moment once in a hundred million.
 */

export type Scanned =
  | { kind: 'check-in' | 'reward'; code: string; tenant: string; subject: string }
  | { kind: 'pairing'; code: string }
  /** The address of a member's card, which everybody may have copied; only the code on it counts. */
  | { kind: 'card-link' }
  | { kind: 'poster' }
  | { kind: 'unknown' };

const LENGTH = 4 + 6 + 16 + 16 + 12 + 16;
const LONGEST_LIFE_MS = 60 * 60 * 1000;

export function readScanned(text: string): Scanned {
  const trimmed = text.trim();
  if (/^https?:\/\//i.test(trimmed)) return readAddress(trimmed);
  const bytes = decode(trimmed);
  if (bytes?.length !== LENGTH) return { kind: 'unknown' };
  const life = milliseconds(bytes, 4) - milliseconds(bytes, 42);
  return {
    kind: life > 0 && life <= LONGEST_LIFE_MS ? 'check-in' : 'reward',
    code: trimmed,
    tenant: uuid(bytes.subarray(10, 26)),
    subject: uuid(bytes.subarray(26, 42)),
  };
}

function readAddress(text: string): Scanned {
  if (!URL.canParse(text)) return { kind: 'unknown' };
  const { pathname, hash } = new URL(text);
  const pairing = pairingCode(hash);
  if (pairing !== null) return { kind: 'pairing', code: pairing };
  if (/^\/card\/?$/.test(pathname)) return { kind: 'card-link' };
  return { kind: /^\/join\//.test(pathname) ? 'poster' : 'unknown' };
}

/** The pairing code in the fragment of an address. */
export function pairingCode(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('pair');
}

function decode(text: string): Uint8Array | null {
  if (!/^[\w-]+$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
  } catch {
    return null;
  }
}

const milliseconds = (bytes: Uint8Array, at: number) =>
  bytes.subarray(at, at + 6).reduce((sum, byte) => sum * 256 + byte, 0);

function uuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
