import { expect, it } from 'vitest';
import { setupSearch } from '../setup/address';
import { joinAddress, posterSearch } from './address';

const ID = '0198f2ab-0000-7000-8000-000000000001';

it('keeps what a poster can be, and drops everything else', () => {
  expect(
    posterSearch({ program: ID, look: 'bold', paper: 'A5', lang: 'es', headline: 'Hola', reward: 10, x: 1 }),
  ).toEqual({ program: ID, look: 'bold', paper: 'A5', lang: 'es', headline: 'Hola', reward: '10' });
  expect(
    posterSearch({ program: 'x', look: 'calm', paper: 'A4', lang: 'tlh', headline: '', reward: null }),
  ).toEqual({});
  expect(posterSearch({ headline: 'x'.repeat(500) }).headline).toHaveLength(80);
});

it('leads to the page of the business, or of one of its programs', () => {
  expect(joinAddress('cafe-aurora', undefined, 'https://hold.example')).toBe(
    'https://hold.example/join/cafe-aurora',
  );
  expect(joinAddress('cafe-aurora', ID, 'https://hold.example')).toBe(
    `https://hold.example/join/cafe-aurora?program=${ID}`,
  );
});

it('knows where set-up is', () => {
  expect(setupSearch({ business: ID.toUpperCase(), step: 'card' })).toEqual({ business: ID, step: 'card' });
  expect(setupSearch({ business: '../etc', step: 'business', other: 1 })).toEqual({});
});
