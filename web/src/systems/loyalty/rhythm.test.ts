import { expect, it } from 'vitest';
import { rhythmOf } from './rhythm';

it.each([
  [0.2, 'day', 1],
  [1, 'day', 1],
  [6.6, 'day', 7],
  [13.4, 'day', 13],
  [14, 'week', 2],
  [59, 'week', 8],
  [61, 'month', 2],
  [463, 'month', 15],
])('%d days is every so many %ss', (days, unit, count) => {
  expect(rhythmOf(days)).toEqual({ unit, count });
});
