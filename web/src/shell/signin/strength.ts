/** How good a new password is: the api's own rules first, so that nobody sends one that it refuses for sure. */

export type Strength = 'none' | 'short' | 'easy' | 'own' | 'fair' | 'good';

export const SHORTEST = 10;

const repeats = (text: string) =>
  [1, 2, 3, 4].some((length) => text === text.slice(0, length).repeat(text.length).slice(0, text.length));

/** The api also refuses the most common passwords of all, whose list stays there. */
export function strengthOf(password: string, email = ''): Strength {
  const plain = password.normalize('NFKC');
  const folded = plain.toLowerCase().trim();
  const letters = Array.from(plain);
  if (letters.length === 0) return 'none';
  if (letters.length < SHORTEST) return 'short';
  if (repeats(folded) || new Set(folded).size < 4) return 'easy';
  const address = email.trim().toLowerCase();
  const name = address.split('@', 1)[0] ?? '';
  const bare = folded.replace(/^[0-9!.]+|[0-9!.]+$/g, '');
  if (address !== '' && (address.includes(folded) || bare === name)) return 'own';
  return letters.length >= 14 || (letters.length >= 12 && new Set(folded).size >= 9) ? 'good' : 'fair';
}

/** Whether the api would refuse it for sure. */
export const isRefused = (strength: Strength) => !['fair', 'good'].includes(strength);
