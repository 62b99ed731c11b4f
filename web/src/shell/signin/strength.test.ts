import { describe, expect, it } from 'vitest';
import { isRefused, strengthOf } from './strength';

describe('strengthOf', () => {
  it.each([
    ['', '', 'none'],
    ['short', '', 'short'],
    ['nine char', '', 'short'],
    ['☕☕☕☕☕☕☕☕☕', '', 'short'],
    ['aaaaaaaaaaaa', '', 'easy'],
    ['abcabcabcabc', '', 'easy'],
    ['abcdabcdabcd', '', 'easy'],
    ['aabbaabbccaa', '', 'easy'],
    ['elena@aurora.example', 'elena@aurora.example', 'own'],
    ['Elena.Paredes99', 'elena.paredes@aurora.example', 'own'],
    ['café con leche', '', 'good'],
    ['lluvia1234', 'elena@aurora.example', 'fair'],
    ['cafe-en-lima', 'elena@aurora.example', 'good'],
  ])('finds %j of %j to be %s', (password, email, strength) => {
    expect(strengthOf(password, email)).toBe(strength);
  });

  it('refuses what the api would refuse', () => {
    expect(['none', 'short', 'easy', 'own', 'fair', 'good'].map((one) => isRefused(one as never))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
