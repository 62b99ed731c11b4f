import { expect, it } from 'vitest';
import { isRemarkable } from './remarkable';

it('is a share that no slip of the finger explains, and never one or two of few', () => {
  expect(isRemarkable({ voided: 2, stamps: 4 })).toBe(false);
  expect(isRemarkable({ voided: 3, stamps: 100 })).toBe(false);
  expect(isRemarkable({ voided: 6, stamps: 100 })).toBe(true);
  // Stamps of an earlier window that were taken back in none of it.
  expect(isRemarkable({ voided: 3, stamps: 0 })).toBe(true);
});
