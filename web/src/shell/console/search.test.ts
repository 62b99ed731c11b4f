// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { matches } from './search';

describe('matches', () => {
  it.each([
    ['Members', 'mem', true],
    ['Members', 'bers', false],
    ['Staff stamps', 'stamps st', true],
    ['Staff stamps', 'taff', false],
    ['Página de Íñigo', 'pagina inigo', true],
    ['Sign out', '', true],
    ['Sign out', 'sign in', false],
    ['ダッシュボード', 'ボード', true],
    ['Switch to Café Aurora', 'CAFE', true],
  ])('finds %j by %j: %s', (label, typed, found) => {
    expect(matches(label, typed)).toBe(found);
  });
});
