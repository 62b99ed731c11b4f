import { expect, it } from 'vitest';
import { initialOf, placesOf, turnOf } from './stamps';

it('has every place once, from the smallest card to the biggest', () => {
  for (let required = 2; required <= 50; required += 1) {
    const { rows, columns } = placesOf(0, required);
    const numbers = rows.flat().map((place) => place.number);
    expect(numbers).toEqual(Array.from({ length: required - 1 }, (_, at) => at + 1));
    expect(Math.max(...rows.map((row) => row.length))).toBe(columns);
    // Rows are as even as can be, and no row is too long for a telephone.
    expect(columns - Math.min(...rows.map((row) => row.length))).toBeLessThanOrEqual(1);
    expect(columns).toBeLessThanOrEqual(10);
  }
});

it('stamps as many as there are, and keeps the last for the reward', () => {
  const { rows, complete } = placesOf(6, 10);
  expect(rows.flat().filter((place) => place.stamped)).toHaveLength(6);
  expect(complete).toBe(false);
  expect(placesOf(10, 10).complete).toBe(true);
  expect(placesOf(12, 10).rows.flat()).toHaveLength(9);
});

it('turns a stamp a little, and always the same', () => {
  const turns = Array.from({ length: 50 }, (_, at) => turnOf(at + 1));
  expect(Math.max(...turns.map(Math.abs))).toBeLessThanOrEqual(13);
  expect(new Set(turns).size).toBeGreaterThan(30);
  expect(turns[0]).toBe(turnOf(1));
});

it.each([
  ['Café Aurora', 'A'],
  ['Aurora', 'A'],
  ['  the Corner ', 'C'],
  ['茶寮', '茶'],
  ['Éclair', 'É'],
  ['𝒳 Bar', '𝒳'],
  ['', ''],
])('knows the letter of %j', (name, letter) => {
  expect(initialOf(name)).toBe(letter);
});
