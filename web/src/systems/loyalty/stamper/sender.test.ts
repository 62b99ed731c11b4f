import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COUNTER, MortalKept, PretendApi, PretendClock, PretendLocks, Tab } from './pretend';
import { growingPause } from './sender';

let api: PretendApi;
let locks: PretendLocks;
let tabs: Tab[] = [];

const open = (
  clock?: PretendClock,
  kept?: MortalKept,
  lock?: (work: () => Promise<void>) => Promise<void>,
) => {
  const tab = new Tab(api, locks, clock, kept, lock);
  tabs.push(tab);
  return tab;
};
const refusal = { code: 'devices.devices.not-paired', title: 'Not paired.', detail: null, reference: null };

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  api = new PretendApi();
  locks = new PretendLocks();
});
afterEach(async () => {
  await Promise.all(tabs.map((tab) => tab.close()));
  tabs = [];
});

/** Everything that was kept has been settled, and the api has each stamp once. */
async function settled(tab: Tab): Promise<void> {
  await vi.waitFor(async () => expect(await tab.queue.waiting(COUNTER.device)).toBe(0), { timeout: 5_000 });
}

describe('the sender', () => {
  it('sends in the order of the numbers, one at a time', async () => {
    const tab = open();
    const kept = [await tab.stamp('1'), await tab.stamp('2'), await tab.stamp('3')];
    tab.sender.for(COUNTER);
    await settled(tab);
    expect(api.arrived).toEqual(kept.map(({ id }) => id));
    expect(api.most).toBe(1);
    expect((await tab.queue.entries()).every(({ state }) => state === 'confirmed')).toBe(true);
  });

  it('sends what is added while it sends', async () => {
    const tab = open();
    tab.sender.for(COUNTER);
    const taps = [];
    for (let at = 0; at < 20; at += 1) {
      taps.push(tab.stamp(`${at}`).then(() => tab.sender.kick()));
      await new Promise((resolve) => setTimeout(resolve, at % 3));
    }
    await Promise.all(taps);
    await settled(tab);
    expect(api.stamps.size).toBe(20);
    expect(api.arrived).toHaveLength(20);
  });

  it('sends what is added while it gives the lock back', async () => {
    let givesBack = () => {};
    const giving = new Promise<void>((resolve) => {
      givesBack = resolve;
    });
    const slow = async (work: () => Promise<void>) => {
      await work();
      givesBack();
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const tab = open(undefined, undefined, slow);
    tab.sender.for(COUNTER);
    await giving;
    await tab.stamp('1');
    tab.sender.kick();
    await settled(tab);
    expect(api.stamps.size).toBe(1);
  });

  it('keeps everything while there is no network, and sends it when there is', async () => {
    api.online = false;
    const tab = open();
    tab.sender.for(COUNTER);
    const kept = [await tab.stamp('1'), await tab.stamp('2')];
    tab.sender.kick();
    await vi.waitFor(() => expect(tab.sender.standing).toEqual({ state: 'waiting', busy: false }));
    expect(await tab.queue.waiting(COUNTER.device)).toBe(2);
    api.online = true;
    await settled(tab);
    expect(api.arrived).toEqual(kept.map(({ id }) => id));
  });

  it('sends the same again when the answer was lost, which changes nothing', async () => {
    api.fate = ['lost', 'lost'];
    const tab = open();
    const { id } = await tab.stamp('1');
    tab.sender.for(COUNTER);
    await settled(tab);
    expect(api.arrived).toEqual([id, id, id]);
    expect(api.stamps.size).toBe(1);
    expect(await tab.queue.entries()).toMatchObject([{ state: 'confirmed', attempts: 3 }]);
  });

  it('goes on after a refusal, and keeps its reason', async () => {
    api.refused.set('2', 'This card was stamped a moment ago.');
    const tab = open();
    for (const phone of ['1', '2', '3']) await tab.stamp(phone);
    tab.sender.for(COUNTER);
    await settled(tab);
    expect(api.stamps.size).toBe(2);
    const states = (await tab.queue.entries()).map(({ state, refusal: why }) => [state, why?.title]);
    expect(states).toEqual([
      ['confirmed', undefined],
      ['refused', 'This card was stamped a moment ago.'],
      ['confirmed', undefined],
    ]);
  });

  it('stops when the pairing has ended, loses nothing, and goes on once it is paired again', async () => {
    api.fate = [{ kind: 'paused', reason: 'ended', refusal }];
    const tab = open();
    const kept = [await tab.stamp('1'), await tab.stamp('2')];
    tab.sender.for(COUNTER);
    await vi.waitFor(() => expect(tab.sender.standing.state).toBe('paused'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(api.arrived).toEqual([]);
    expect(await tab.queue.waiting(COUNTER.device)).toBe(2);
    expect((await tab.queue.next(COUNTER.device))?.state).toBe('waiting');
    tab.sender.for(COUNTER);
    await settled(tab);
    expect(api.arrived).toEqual(kept.map(({ id }) => id));
  });

  it('waits as long as the api asks, however often somebody taps', async () => {
    api.fate = [{ kind: 'again', busy: true, afterSeconds: 60 }];
    const tab = open();
    await tab.stamp('1');
    tab.sender.for(COUNTER);
    await vi.waitFor(() => expect(tab.sender.standing).toEqual({ state: 'waiting', busy: true }));
    tab.sender.kick();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(api.arrived).toEqual([]);
  });

  it('counts on from where the api says when its numbers were used before', async () => {
    for (const sequence of [0, 1, 2]) api.stamps.set(`old-${sequence}`, { ...COUNTER, sequence, waited: 0 });
    const tab = open();
    const kept = [await tab.stamp('1'), await tab.stamp('2')];
    tab.sender.for(COUNTER);
    await settled(tab);
    expect(kept.map(({ id }) => api.stamps.get(id)?.sequence)).toEqual([3, 4]);
    expect((await tab.stamp('3')).sequence).toBe(5);
  });

  it('sends each stamp once with two tabs open', async () => {
    const [one, other] = [open(), open()];
    const kept = [];
    for (let at = 0; at < 10; at += 1) kept.push(await (at % 2 === 0 ? one : other).stamp(`${at}`));
    one.sender.for(COUNTER);
    other.sender.for(COUNTER);
    await settled(one);
    await other.sender.settled();
    expect(api.arrived).toEqual(kept.map(({ id }) => id));
    expect(api.most).toBe(1);
  });

  it('sends nothing twice that matters when a browser has no locks', async () => {
    const none = (work: () => Promise<void>) => work();
    const [one, other] = [open(undefined, undefined, none), open(undefined, undefined, none)];
    for (const phone of ['1', '2', '3', '4']) await one.stamp(phone);
    one.sender.for(COUNTER);
    other.sender.for(COUNTER);
    await settled(one);
    await other.sender.settled();
    expect(api.stamps.size).toBe(4);
    expect((await one.queue.entries()).every(({ state }) => state === 'confirmed')).toBe(true);
  });

  it('says how long each stamp waited', async () => {
    const clock = new PretendClock();
    const tab = open(clock);
    const first = await tab.stamp('1');
    clock.pass(600);
    const second = await tab.stamp('2');
    clock.pass(60);
    clock.wall -= 3_600_000;
    tab.sender.for(COUNTER);
    await settled(tab);
    expect([api.stamps.get(first.id)?.waited, api.stamps.get(second.id)?.waited]).toEqual([660, 60]);
  });
});

describe('a tab that is killed between any two steps', () => {
  const story = async (tab: Tab) => {
    await tab.stamp('1');
    tab.sender.for(COUNTER);
    await tab.stamp('2');
    tab.sender.kick();
    await tab.stamp('3');
    tab.sender.kick();
    while (tab.sender.standing.state !== 'resting') await new Promise((resolve) => setTimeout(resolve, 2));
    await tab.sender.settled();
  };
  /** Three stamps are kept; each is looked up, marked as on its way and confirmed; then there is nothing more. */
  const USES = 3 + 3 * 3 + 1;
  const deaths = Array.from({ length: USES }, (_, at) => at + 1).flatMap((at) => [
    { at, when: 'before' as const },
    { at, when: 'after' as const },
  ]);

  it('would use the database as often as the deaths below suppose', async () => {
    const tab = open();
    await story(tab);
    expect(tab.kept.uses).toBe(USES);
  });

  it.each(deaths)('is replaced by another, which sends what was kept: use $at, $when', async (dies) => {
    const mortal = new MortalKept(dies);
    void story(open(new PretendClock('page-1'), mortal));
    await mortal.dead;
    const second = open(new PretendClock('page-2'));
    const kept = await second.queue.entries();
    second.sender.for(COUNTER);
    await settled(second);
    // Every stamp that was kept is there once, and nothing else is.
    expect(new Set(api.stamps.keys())).toEqual(new Set(kept.map(({ id }) => id)));
    expect((await second.queue.entries()).every(({ state }) => state === 'confirmed')).toBe(true);
    if (dies.at > 1 || dies.when === 'after') expect(kept.length).toBeGreaterThan(0);
    const numbers = Array.from(api.stamps.values(), ({ sequence }) => sequence);
    expect(new Set(numbers).size).toBe(numbers.length);
    const next = await second.stamp('4');
    expect(numbers).not.toContain(next.sequence);
  });

  it('may die again and again, with answers lost on the way', async () => {
    api.refused.set('bad', 'No.');
    const keeper = open(new PretendClock('page-0'));
    const wanted = [];
    for (const phone of ['1', 'bad', '3', '4', '5']) wanted.push(await keeper.stamp(phone));
    for (let life = 1; life < 25; life += 1) {
      api.fate = life % 2 === 0 ? ['lost'] : ['cut'];
      const mortal = new MortalKept({ at: 1 + (life % 5), when: life % 3 === 0 ? 'before' : 'after' });
      const tab = open(new PretendClock(`page-${life}`), mortal);
      tab.sender.for(COUNTER);
      await Promise.race([mortal.dead, settled(keeper)]);
    }
    api.fate = [];
    keeper.sender.for(COUNTER);
    await settled(keeper);
    expect(new Set(api.stamps.keys())).toEqual(
      new Set(wanted.filter(({ whom }) => !('phone' in whom && whom.phone === 'bad')).map(({ id }) => id)),
    );
    expect(Array.from(api.stamps.values(), ({ sequence }) => sequence)).toEqual([0, 2, 3, 4]);
  });
});

describe('pauses between attempts', () => {
  it('grow up to a minute, each by chance up to half shorter', () => {
    for (let failures = 1; failures < 20; failures += 1) {
      const most = Math.min(60_000, 2_000 * 2 ** (failures - 1));
      const pause = growingPause(failures);
      expect(pause).toBeGreaterThanOrEqual(most / 2);
      expect(pause).toBeLessThanOrEqual(most);
    }
  });
});
