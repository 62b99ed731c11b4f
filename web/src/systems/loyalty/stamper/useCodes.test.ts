import { expect, it } from 'vitest';
import { Seen } from './useCodes';

it('sees a code once for as long as it stays in sight, and again when it comes back later', () => {
  const seen = new Seen();
  expect(seen.isNew('a', 0)).toBe(true);
  for (let now = 100; now < 60_000; now += 100) expect(seen.isNew('a', now)).toBe(false);
  expect(seen.isNew('b', 60_000)).toBe(true);
  expect(seen.isNew('a', 64_000)).toBe(false);
  expect(seen.isNew('a', 70_000)).toBe(true);
});
