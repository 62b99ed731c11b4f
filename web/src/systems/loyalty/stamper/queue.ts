/**
 * The queue of stamps on this phone. An entry gets its id and the device's next number in one transaction of the
 * database, in which the counter lives too, so no two tabs and no killed tab ever give a number twice. Meets L24.
 *
 * waiting → sending → confirmed | refused. What was `sending` when a tab was killed is sent again: the api knows the
 * id and answers with the stamp that it gave the first time.
 */

import type { Clock, Moment } from './clock';
import { type Confirmation, type Entry, isOpen, type Refusal, type Wanted } from './entries';
import { newId } from './ids';
import type { Kept } from './kept';

/** Whose queue it is: the paired device and its business. */
export interface Owner {
  device: string;
  tenant: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A refused stamp stays until somebody has read it, but a guest's number does not stay for ever. */
const REFUSED_DAYS = 30;

const counterOf = (device: string) => `sequence:${device}`;
const everyNumber = (device: string) => IDBKeyRange.bound([device, 0], [device, Number.MAX_SAFE_INTEGER]);

export class Queue {
  constructor(
    private readonly kept: Kept,
    private readonly clock: Clock,
  ) {}

  /**
   * Keep a stamp, before anything is sent.
   *
   * Throws `CannotKeep` when the phone has no room; then nothing was kept and no number was used.
   */
  async add(owner: Owner, wanted: Wanted): Promise<Entry> {
    const id = newId();
    const taken = this.clock.now();
    return this.kept.use(async (database) => {
      // Strict: a phone that is switched off a moment later has it on its disk.
      const change = database.transaction(['stamps', 'facts'], 'readwrite', { durability: 'strict' });
      const stamps = change.objectStore('stamps');
      const earlier = await stamps.get(id);
      if (earlier !== undefined) return earlier;
      const sequence = await next(change.objectStore('facts'), owner.device);
      const entry: Entry = {
        id,
        tenant: owner.tenant,
        device: owner.device,
        sequence,
        due: sequence,
        state: 'waiting',
        whom: wanted.whom,
        program: wanted.program ?? null,
        amount: wanted.amount ?? null,
        name: wanted.name ?? null,
        taken,
        attempts: 0,
      };
      // Both before the first await of their results, so that a failure of one is the failure of the transaction.
      await Promise.all([
        stamps.add(entry),
        change.objectStore('facts').put(sequence + 1, counterOf(owner.device)),
        change.done,
      ]);
      return entry;
    });
  }

  /** The next number is this one at least: the api knows numbers that this phone has forgotten. */
  async countFrom(device: string, sequence: number): Promise<void> {
    await this.kept.use(async (database) => {
      const change = database.transaction('facts', 'readwrite', { durability: 'strict' });
      const known = await next(change.store, device);
      if (sequence > known) await change.store.put(sequence, counterOf(device));
      await change.done;
    });
  }

  /** What is to be sent next: the oldest that was neither confirmed nor refused. */
  next(device: string): Promise<Entry | undefined> {
    return this.kept.use(async (database) => {
      const found = await database.transaction('stamps').store.index('due').openCursor(everyNumber(device));
      return found?.value;
    });
  }

  /** How many are still to be sent. */
  waiting(device: string): Promise<number> {
    return this.kept.use((database) => database.countFromIndex('stamps', 'due', everyNumber(device)));
  }

  /** Every entry that is kept, the newest first. */
  async entries(): Promise<Entry[]> {
    const found = await this.kept.use((database) => database.getAll('stamps'));
    return found.sort((one, other) => other.taken.wall - one.taken.wall || other.sequence - one.sequence);
  }

  /** It is on its way now. */
  sending(id: string): Promise<void> {
    return this.#change(id, (entry) =>
      isOpen(entry) ? { ...entry, state: 'sending', attempts: entry.attempts + 1 } : entry,
    );
  }

  /** It may not have arrived, and waits to be sent again. */
  back(id: string): Promise<void> {
    return this.#change(id, (entry) => (isOpen(entry) ? { ...entry, state: 'waiting' } : entry));
  }

  confirm(id: string, confirmation: Confirmation): Promise<void> {
    return this.#settle(id, (entry) => ({ ...entry, state: 'confirmed', confirmation }));
  }

  refuse(id: string, refusal: Refusal): Promise<void> {
    return this.#settle(id, (entry) => ({ ...entry, state: 'refused', refusal }));
  }

  /** Who it was, learned after the stamp. */
  name(id: string, name: string): Promise<void> {
    return this.#change(id, (entry) => ({ ...entry, name }));
  }

  /** Somebody has read why it was refused. */
  async dismiss(id: string): Promise<void> {
    await this.kept.use(async (database) => {
      const change = database.transaction('stamps', 'readwrite');
      const entry = await change.store.get(id);
      if (entry?.state === 'refused') await change.store.delete(id);
      await change.done;
    });
  }

  /** Let go of what was confirmed a day ago, and of what was refused a month ago. */
  async prune(now: Moment): Promise<void> {
    await this.kept.use(async (database) => {
      const change = database.transaction('stamps', 'readwrite');
      const old = IDBKeyRange.upperBound(now.wall - DAY_MS);
      for (
        let at = await change.store.index('settled').openCursor(old);
        at !== null;
        at = await at.continue()
      ) {
        const { state, settled = 0 } = at.value;
        if (state === 'confirmed' || settled < now.wall - REFUSED_DAYS * DAY_MS) await at.delete();
      }
      await change.done;
    });
  }

  /**
   * Give everything that is still to be sent new numbers of the device, in its order. That is for a phone whose
   * counter was behind, as after a restored backup, and for stamps that an earlier pairing with the same business
   * left behind. Their ids stay, so what the api has already stays what it is.
   */
  async renumber(owner: Owner, from: number): Promise<void> {
    await this.kept.use(async (database) => {
      const change = database.transaction(['stamps', 'facts'], 'readwrite', { durability: 'strict' });
      const facts = change.objectStore('facts');
      const stamps = change.objectStore('stamps');
      const open = (await stamps.getAll())
        .filter((entry) => isOpen(entry) && entry.tenant === owner.tenant)
        .sort(inOrder(owner.device));
      let sequence = Math.max(from, await next(facts, owner.device));
      for (const entry of open) {
        await stamps.put({ ...entry, device: owner.device, sequence, due: sequence, state: 'waiting' });
        sequence += 1;
      }
      await facts.put(sequence, counterOf(owner.device));
      await change.done;
    });
  }

  #settle(id: string, settled: (entry: Entry) => Entry): Promise<void> {
    return this.#change(id, (entry) => {
      if (!isOpen(entry)) return entry;
      const { due: _, ...rest } = settled(entry);
      return { ...rest, settled: this.clock.now().wall };
    });
  }

  async #change(id: string, changed: (entry: Entry) => Entry): Promise<void> {
    await this.kept.use(async (database) => {
      const change = database.transaction('stamps', 'readwrite');
      const entry = await change.store.get(id);
      if (entry !== undefined) await change.store.put(changed(entry));
      await change.done;
    });
  }
}

/** What earlier pairings left comes first; within a pairing the numbers are the order, whatever the clock said. */
const inOrder = (device: string) => (one: Entry, other: Entry) =>
  Number(one.device === device) - Number(other.device === device) ||
  one.device.localeCompare(other.device) ||
  one.sequence - other.sequence;

/** The device's next number; the caller is in a transaction that writes the one after. */
async function next(facts: { get: (key: string) => Promise<unknown> }, device: string): Promise<number> {
  const kept = await facts.get(counterOf(device));
  return typeof kept === 'number' ? kept : 0;
}
