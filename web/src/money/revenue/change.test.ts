import { expect, it } from 'vitest';
import { changeOf } from './change';

it('compares with what was before, where there was something', () => {
  expect(changeOf(200, 250)).toBeCloseTo(0.25);
  expect(changeOf(200, 150)).toBeCloseTo(-0.25);
  expect(changeOf(0, 150)).toBeNull();
  expect(changeOf(undefined, 150)).toBeNull();
});
