import { describe, expect, it } from 'vitest';
import { fitted, isSmall } from './picture';

describe('fitted', () => {
  it.each([
    [4000, 3000, 512, 384],
    [3000, 4000, 384, 512],
    [512, 512, 512, 512],
    [100, 40, 100, 40],
    [10_000, 1, 512, 1],
  ])('makes %i x %i into %i x %i', (width, height, shownWidth, shownHeight) => {
    expect(fitted(width, height)).toEqual({ width: shownWidth, height: shownHeight });
  });
});

describe('isSmall', () => {
  it('sends a small picture as it is, and draws every other anew', () => {
    expect(isSmall(20_000, 512, 300)).toBe(true);
    expect(isSmall(2_000_000, 512, 300)).toBe(false);
    expect(isSmall(20_000, 513, 300)).toBe(false);
  });
});
