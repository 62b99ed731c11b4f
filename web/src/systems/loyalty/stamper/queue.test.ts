import 'fake-indexeddb/auto';
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CannotKeep, Kept, STEPS, type Step } from './kept';
import { COUNTER, PretendClock } from './pretend';
import { Queue } from './queue';

let opened: Kept[] = [];
const open = (steps: readonly Step[] = STEPS, onOutdated = () => {}) => {
  const kept = new Kept(steps, onOutdated);
  opened.push(kept);
  return kept;
};
const queueOf = (clock = new PretendClock(), kept = open()) => new Queue(kept, clock);
const stamp = (queue: Queue, phone: string) => queue.add(COUNTER, { whom: { phone } });
const confirmation = { member: 'm', program: 'p', stamps: 3, required: 6, reward: false };
const refusal = { code: 'x', title: 'Too soon.', detail: null, reference: null };

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.map((kept) => kept.close()));
  opened = [];
});

describe('the queue', () => {
  it('keeps a stamp with an id and the next number, in the order of the taps', async () => {
    const queue = queueOf();
    const kept = [await stamp(queue, '1'), await stamp(queue, '2'), await stamp(queue, '3')];
    expect(kept.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(new Set(kept.map(({ id }) => id)).size).toBe(3);
    expect(await queue.waiting(COUNTER.device)).toBe(3);
    expect((await queue.next(COUNTER.device))?.whom).toEqual({ phone: '1' });
  });

  it('never gives a number twice, whatever happened to the stamps before', async () => {
    const queue = queueOf();
    await queue.countFrom(COUNTER.device, 41);
    const first = await stamp(queue, '1');
    await queue.refuse(first.id, refusal);
    await queue.dismiss(first.id);
    const again = queueOf();
    expect((await stamp(again, '2')).sequence).toBe(42);
  });

  it('counts from the api or from itself, whichever is further', async () => {
    const queue = queueOf();
    await queue.countFrom(COUNTER.device, 7);
    expect((await stamp(queue, '1')).sequence).toBe(7);
    await queue.countFrom(COUNTER.device, 3);
    expect((await stamp(queue, '2')).sequence).toBe(8);
  });

  it('gives different numbers to two tabs that stamp at once', async () => {
    const tabs = [queueOf(), queueOf(), queueOf()];
    const kept = await Promise.all(
      Array.from({ length: 30 }, (_, at) => stamp(tabs[at % 3] as Queue, `${at}`)),
    );
    expect(kept.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, at) => at),
    );
  });

  it('remembers why a stamp was refused until somebody has read it', async () => {
    const queue = queueOf();
    const { id } = await stamp(queue, '1');
    await queue.refuse(id, refusal);
    expect(await queue.entries()).toMatchObject([{ state: 'refused', refusal: { title: 'Too soon.' } }]);
    expect(await queue.waiting(COUNTER.device)).toBe(0);
    await queue.dismiss(id);
    expect(await queue.entries()).toEqual([]);
  });

  it('does not dismiss what was not refused', async () => {
    const queue = queueOf();
    const { id } = await stamp(queue, '1');
    await queue.dismiss(id);
    expect(await queue.waiting(COUNTER.device)).toBe(1);
  });

  it('changes nothing that was settled before', async () => {
    const queue = queueOf();
    const { id } = await stamp(queue, '1');
    await queue.confirm(id, confirmation);
    await queue.refuse(id, refusal);
    await queue.back(id);
    await queue.sending(id);
    expect(await queue.entries()).toMatchObject([{ state: 'confirmed', attempts: 0 }]);
    expect(await queue.next(COUNTER.device)).toBeUndefined();
  });

  it('lets go of what was confirmed a day ago, and keeps the rest', async () => {
    const clock = new PretendClock();
    const queue = queueOf(clock);
    const [old, read, waits] = [
      await stamp(queue, 'old'),
      await stamp(queue, 'read'),
      await stamp(queue, 'waits'),
    ];
    await queue.confirm(old.id, confirmation);
    await queue.refuse(read.id, refusal);
    clock.pass(23 * 3600);
    await queue.prune(clock.now());
    expect(await queue.entries()).toHaveLength(3);
    clock.pass(2 * 3600);
    await queue.prune(clock.now());
    expect((await queue.entries()).map(({ id }) => id).sort()).toEqual([read.id, waits.id].sort());
    clock.pass(31 * 24 * 3600);
    await queue.prune(clock.now());
    expect((await queue.entries()).map(({ id }) => id)).toEqual([waits.id]);
  });

  it('numbers what an earlier pairing left behind after its own, and keeps their ids', async () => {
    const queue = queueOf();
    const before = [await stamp(queue, '1'), await stamp(queue, '2')];
    const elsewhere = await queue.add({ device: 'd', tenant: 'another' }, { whom: { phone: '3' } });
    const now = { device: 'device-2', tenant: COUNTER.tenant };
    await queue.renumber(now, 5);
    const entries = await queue.entries();
    const moved = before.map(({ id }) => entries.find((entry) => entry.id === id));
    expect(moved.map((entry) => entry?.sequence)).toEqual([5, 6]);
    expect(moved.every((entry) => entry?.device === 'device-2')).toBe(true);
    expect(entries.find(({ id }) => id === elsewhere.id)).toMatchObject({ device: 'd', sequence: 0 });
    expect((await queue.add(now, { whom: { phone: '4' } })).sequence).toBe(7);
  });
});

describe('the database', () => {
  const more: Step = (database, transaction) => {
    database.createObjectStore('facts2' as 'facts');
    void transaction.objectStore('stamps').count();
  };

  it('keeps what waits when a later version of the page changes the schema', async () => {
    const before = queueOf();
    const { id } = await stamp(before, '1');
    await opened[0]?.close();
    const after = queueOf(new PretendClock(), open([...STEPS, more]));
    expect((await after.next(COUNTER.device))?.id).toBe(id);
    expect((await stamp(after, '2')).sequence).toBe(1);
  });

  it('gives way to a later version that is opened in another tab, and says so', async () => {
    const outdated = vi.fn();
    const before = queueOf(new PretendClock(), open(STEPS, outdated));
    await stamp(before, '1');
    const after = queueOf(new PretendClock(), open([...STEPS, more]));
    expect((await stamp(after, '2')).sequence).toBe(1);
    expect(outdated).toHaveBeenCalledOnce();
    await expect(stamp(before, '3')).rejects.toMatchObject({ name: 'CannotKeep', reason: 'outdated' });
  });

  it('says that the phone is full, keeps nothing of the stamp, and uses no number', async () => {
    const queue = queueOf();
    await stamp(queue, '1');
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    });
    await expect(stamp(queue, '2')).rejects.toMatchObject({ name: 'CannotKeep', reason: 'full' });
    expect(await queue.entries()).toHaveLength(1);
    expect((await stamp(queue, '3')).sequence).toBe(1);
  });

  it('says that the browser keeps nothing', async () => {
    vi.stubGlobal('indexedDB', {
      open: () => {
        throw new DOMException('Denied.', 'SecurityError');
      },
    });
    await expect(stamp(queueOf(), '1')).rejects.toEqual(new CannotKeep('forbidden'));
  });

  it('opens the database again when the browser has closed it behind our back', async () => {
    const kept = open();
    const queue = queueOf(new PretendClock(), kept);
    await stamp(queue, '1');
    await kept.use(async (database) => database.close());
    expect((await stamp(queue, '2')).sequence).toBe(1);
    expect(await queue.entries()).toHaveLength(2);
  });
});
