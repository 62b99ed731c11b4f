import { describe, expect, it } from 'vitest';
import { readScanned } from './codes';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const moment = (milliseconds: number) => hex(milliseconds.toString(16).padStart(12, '0'));
const chance = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const text = (bytes: number[]) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

const TENANT = '0191f3a0-0000-7000-8000-0000000000aa';
const CARD = '0191f3a0-0000-7000-8000-0000000000bb';
const head = (ends: number) => [
  ...chance(4),
  ...moment(ends),
  ...hex(TENANT.replaceAll('-', '')),
  ...hex(CARD.replaceAll('-', '')),
];
const NOW = Date.UTC(2026, 10, 21);
const checkIn = () => text([...head(NOW + 60_000), ...moment(NOW), ...chance(6), ...chance(16)]);
const reward = () => text([...head(NOW + 60_000), ...chance(12), ...chance(16)]);

describe('what was scanned', () => {
  it('is a card to be stamped', () => {
    const code = checkIn();
    expect(readScanned(` ${code}\n`)).toEqual({ kind: 'check-in', code, tenant: TENANT, subject: CARD });
  });

  it('is a reward to be redeemed', () => {
    for (let times = 0; times < 500; times += 1) expect(readScanned(reward()).kind).toBe('reward');
  });

  it.each([
    ['https://holdfast.example/stamper#pair=7KQ4-M2XD', { kind: 'pairing', code: '7KQ4-M2XD' }],
    ['https://holdfast.example/card#abc.def', { kind: 'card-link' }],
    ['https://holdfast.example/join/cafe-aurora?lang=es', { kind: 'poster' }],
    ['https://example.org/menu', { kind: 'unknown' }],
    ['https://', { kind: 'unknown' }],
    ['4006381333931', { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
    ['WIFI:S:Cafe;T:WPA;P:secret;;', { kind: 'unknown' }],
  ])('is something else: %s', (scanned, expected) => {
    expect(readScanned(scanned)).toEqual(expected);
  });
});
