/** The cards that this browser keeps: the token that opens each, and what it showed when it was last seen. */

import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Own } from '../../api';

export interface Kept {
  tenant_id: string;
  token: string;
  own: Own | null;
  kept_at: number;
}

interface Schema extends DBSchema {
  cards: { key: string; value: Kept };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('holdfast-card', 1, {
    upgrade: (db) => {
      db.createObjectStore('cards', { keyPath: 'tenant_id' });
    },
    terminated: () => {
      opened = undefined;
    },
  });
  return opened;
}

/** A token names its business in its first 32 characters; the rest proves it. */
export function tenantOf(token: string): string | null {
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\./.exec(token);
  return parts === null ? null : parts.slice(1, 6).join('-');
}

export const kept = async (): Promise<Kept[]> =>
  (await (await database()).getAll('cards')).sort((one, other) => other.kept_at - one.kept_at);

export async function keep(card: Kept): Promise<void> {
  await (await database()).put('cards', card);
}

export async function forget(tenantId: string): Promise<void> {
  await (await database()).delete('cards', tenantId);
}
