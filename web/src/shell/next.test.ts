// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import type { Me } from '../api';
import { homeOf, isElsewhere, rememberConsole, safeNext } from './next';

const ORIGIN = 'https://holdfast.example';

describe('safeNext', () => {
  it.each([
    '/console/cafe-aurora/loyalty/members?search=rosa#top',
    '/home',
    '/',
    '/invitations/abc_DEF-123',
    '/console/x?next=https://elsewhere.example',
  ])('keeps %s', (path) => {
    expect(safeNext(path, ORIGIN)).toBe(path);
  });

  it.each([
    undefined,
    null,
    7,
    ['/home'],
    '',
    'home',
    'https://elsewhere.example/home',
    `${ORIGIN}/home`,
    '//elsewhere.example',
    '//elsewhere.example/home',
    '/\\elsewhere.example',
    '\\\\elsewhere.example',
    '/\t/elsewhere.example',
    '/\n/elsewhere.example',
    ' //elsewhere.example',
    '/.//elsewhere.example',
    '/x/..//elsewhere.example',
    'javascript:alert(1)',
    'data:text/html,x',
    `/${'x'.repeat(2000)}`,
  ])('drops %j', (path) => {
    expect(safeNext(path, ORIGIN)).toBeUndefined();
  });

  it('never leads back to the sign-in', () => {
    expect(safeNext('/sign-in?next=/home', ORIGIN)).toBeUndefined();
    expect(safeNext('/reset-password/abc', ORIGIN)).toBeUndefined();
    expect(safeNext('/sign-inside', ORIGIN)).toBe('/sign-inside');
  });

  it('knows which pages the router does not know', () => {
    expect(isElsewhere('/card#token')).toBe(true);
    expect(isElsewhere('/join/cafe-aurora')).toBe(true);
    expect(isElsewhere('/cards')).toBe(false);
    expect(isElsewhere('/home')).toBe(false);
  });
});

describe('homeOf', () => {
  const me = (...roles: Array<[string, string]>) =>
    ({ businesses: roles.map(([slug, role]) => ({ slug, role })) }) as unknown as Me;

  beforeEach(() => localStorage.clear());

  it('is the console of the one business that somebody works for', () => {
    expect(homeOf(me(['aurora', 'customer'], ['brisa', 'staff']))).toBe('/console/brisa');
  });

  it('is the list of what they hold for everybody else', () => {
    expect(homeOf(me())).toBe('/home');
    expect(homeOf(me(['aurora', 'customer']))).toBe('/home');
  });

  it('is the console of last time for whoever works for several, while they still do', () => {
    rememberConsole('brisa');
    expect(homeOf(me(['aurora', 'owner'], ['brisa', 'staff']))).toBe('/console/brisa');
    expect(homeOf(me(['aurora', 'owner'], ['brisa', 'customer']))).toBe('/console/aurora');
  });
});
