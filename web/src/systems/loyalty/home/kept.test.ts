// @vitest-environment happy-dom
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Own } from '../../../api';
import { asHolding, keptCards } from './kept';

const card = (id: string, last_visit_at: string | null, stamps = 3) => ({
  id,
  at: '2026-11-20T10:00:00Z',
  last_visit_at,
  program: `Program ${id}`,
  program_id: id,
  reward: 'A coffee',
  stamps,
  stamps_required: 6,
  visits: stamps,
});

const own = (changes: Partial<Own> = {}): Own => ({
  accent: '#a3481c',
  business: 'Café Aurora',
  cards: [card('old', '2026-10-01T10:00:00Z'), card('new', '2026-11-01T10:00:00Z'), card('never', null)],
  country: 'PE',
  currency: 'PEN',
  languages: ['es'],
  logo_url: null,
  member_id: 'm',
  name: 'Rosa',
  rewards: [],
  slug: 'cafe-aurora',
  tenant_id: 't',
  timezone: 'America/Lima',
  ...changes,
});

const kept = (changes: Partial<Own> = {}) => ({
  tenant_id: 't',
  token: 'secret',
  own: own(changes),
  kept_at: 0,
});

describe('asHolding', () => {
  it('shows the card that was used last', () => {
    expect(asHolding(kept())).toMatchObject({
      title: 'Program new',
      subtitle: 'A coffee',
      done: 3,
      of: 6,
      ready: false,
      link: '/card#secret',
    });
  });

  it('shows the card with a reward to be had before all others', () => {
    const rewards = [{ id: 'r', card_id: 'old', expires_at: null, reward: 'A free coffee' }];
    expect(asHolding(kept({ rewards }))).toMatchObject({
      title: 'Program old',
      subtitle: 'A free coffee',
      ready: true,
    });
  });

  it('never counts more stamps than the card has places', () => {
    expect(asHolding(kept({ cards: [card('full', null, 9)] }))).toMatchObject({ done: 6, of: 6 });
  });

  it('is nothing for a card that was never seen, or is gone', () => {
    expect(asHolding({ ...kept(), own: null })).toBeNull();
    expect(asHolding(kept({ cards: [] }))).toBeNull();
  });
});

describe('keptCards', () => {
  beforeEach(async () => {
    for (const { name } of await indexedDB.databases()) if (name) indexedDB.deleteDatabase(name);
  });

  it('finds nothing where no card was opened, and makes no database', async () => {
    expect(await keptCards()).toEqual([]);
    expect(await indexedDB.databases()).toEqual([]);
  });

  it('finds the cards, the latest first', async () => {
    const database = await openDB('holdfast-card', 1, {
      upgrade: (db) => {
        db.createObjectStore('cards', { keyPath: 'tenant_id' });
      },
    });
    await database.put('cards', { ...kept({ business: 'First' }), tenant_id: 'a', kept_at: 1 });
    await database.put('cards', { ...kept({ business: 'Second' }), tenant_id: 'b', kept_at: 2 });
    await database.put('cards', { ...kept(), tenant_id: 'c', own: null, kept_at: 3 });
    database.close();
    expect((await keptCards()).map(({ holding }) => holding.business)).toEqual(['Second', 'First']);
  });
});
