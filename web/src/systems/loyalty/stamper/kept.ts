/**
 * What the stamper keeps on the phone, in IndexedDB: the queue of stamps, the pairing, the counter of the sequence.
 * All tabs of one browser share it, and it outlives all of them.
 */

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb';
import type { Entry } from './entries';

export const NAME = 'holdfast.stamper';

export interface Schema extends DBSchema {
  stamps: {
    key: string;
    value: Entry;
    indexes: {
      /** No number of a device stands in two entries; the database itself refuses it. */
      numbered: [string, number];
      /** Only what is still to be sent has the member `due`, so only that is found here. */
      due: [string, number];
      settled: number;
    };
  };
  facts: { key: string; value: unknown };
}

export type Database = IDBPDatabase<Schema>;
export type Step = (
  database: Database,
  transaction: IDBPTransaction<Schema, ('stamps' | 'facts')[], 'versionchange'>,
) => void;

/** The versions of the database, each one step on from the one before. A step is never changed once it was shipped. */
export const STEPS: readonly Step[] = [
  (database) => {
    const stamps = database.createObjectStore('stamps', { keyPath: 'id' });
    stamps.createIndex('numbered', ['device', 'sequence'], { unique: true });
    stamps.createIndex('due', ['device', 'due']);
    stamps.createIndex('settled', 'settled');
    database.createObjectStore('facts');
  },
];

/** Why nothing can be kept: the phone is full, the browser keeps nothing, or a newer version of this page is open. */
export class CannotKeep extends Error {
  constructor(
    readonly reason: 'full' | 'forbidden' | 'outdated',
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = 'CannotKeep';
  }
}

const named = (error: unknown, ...names: string[]) => error instanceof Error && names.includes(error.name);

/** The connection broke, as iOS does to pages in the background; what was asked may or may not have been done. */
const lost = (error: unknown) => named(error, 'InvalidStateError', 'UnknownError', 'AbortError');

export class Kept {
  #connection: Promise<Database> | null = null;
  #outdated = false;

  constructor(
    private readonly steps: readonly Step[] = STEPS,
    private readonly onOutdated: () => void = () => {},
  ) {}

  /**
   * Do something with the database. When the connection turns out to be broken, it is opened again and the work is
   * done once more, so the work must not mind that it was done already.
   */
  async use<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.#open());
    } catch (error) {
      if (!lost(error) || this.#outdated) throw this.#told(error);
    }
    await this.close();
    try {
      return await work(await this.#open());
    } catch (error) {
      throw this.#told(error);
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    (await connection?.catch(() => null))?.close();
  }

  #open(): Promise<Database> {
    this.#connection ??= openDB<Schema>(NAME, this.steps.length, {
      upgrade: (database, from, _to, transaction) => {
        for (const step of this.steps.slice(from)) step(database, transaction);
      },
      // A newer page wants to change the database: give way, since it would wait for us.
      blocking: () => {
        this.#outdated = true;
        void this.close();
        this.onOutdated();
      },
      terminated: () => {
        this.#connection = null;
      },
    });
    this.#connection.catch(() => {
      this.#connection = null;
    });
    return this.#connection;
  }

  #told(error: unknown): unknown {
    if (error instanceof CannotKeep) return error;
    if (named(error, 'QuotaExceededError')) return new CannotKeep('full', { cause: error });
    if (this.#outdated || named(error, 'VersionError')) return new CannotKeep('outdated', { cause: error });
    if (named(error, 'SecurityError', 'InvalidStateError', 'UnknownError', 'ReferenceError', 'TypeError'))
      return new CannotKeep('forbidden', { cause: error });
    return error;
  }
}
