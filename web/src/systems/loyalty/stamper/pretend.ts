/** For the tests of the queue: an api that keeps stamps as the real one does, tabs that die, and a browser's lock. */

import type { Clock } from './clock';
import type { Entry } from './entries';
import { type Database, Kept } from './kept';
import { type Owner, Queue } from './queue';
import { type Answer, Sender } from './sender';

export const COUNTER: Owner = { device: 'device-1', tenant: 'tenant-1' };

/** A clock that a test sets. */
export class PretendClock implements Clock {
  wall = Date.UTC(2026, 10, 21, 9);
  open = 1_000;
  skew: number | null = 0;

  constructor(public page = 'page-1') {}

  now = () => ({ wall: this.wall, page: this.page, open: this.open, skew: this.skew });
  heard = () => {};
  remember = () => {};

  pass(seconds: number): void {
    this.wall += seconds * 1000;
    this.open += seconds * 1000;
  }
}

/** Keeps each stamp once, whatever is sent how often, and refuses a number that another stamp has. */
export class PretendApi {
  stamps = new Map<string, { sequence: number; device: string; waited: number }>();
  /** Every request that arrived, in the order of arrival. */
  arrived: string[] = [];
  /** What happens to the next requests: nothing sent, the answer lost, or an answer of its own. */
  fate: ('cut' | 'lost' | Answer)[] = [];
  /** How many are being answered at this moment, and the most that ever were. */
  busy = 0;
  most = 0;
  online = true;
  refused = new Map<string, string>();

  deliver = async (entry: Entry, waited: number): Promise<Answer> => {
    const again: Answer = { kind: 'again', busy: false, afterSeconds: null };
    const fate = this.fate.shift();
    if (!this.online || fate === 'cut') return again;
    if (typeof fate === 'object') return fate;
    this.busy += 1;
    this.most = Math.max(this.most, this.busy);
    this.arrived.push(entry.id);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const answer = this.#keep(entry, waited);
    this.busy -= 1;
    return fate === 'lost' ? again : answer;
  };

  get next(): number {
    return Math.max(0, ...Array.from(this.stamps.values(), ({ sequence }) => sequence)) + 1;
  }

  #keep(entry: Entry, waited: number): Answer {
    const phone = 'phone' in entry.whom ? entry.whom.phone : '';
    const refusal = this.refused.get(phone);
    if (refusal !== undefined)
      return {
        kind: 'refused',
        refusal: { code: 'loyalty.stamps.too-soon', title: refusal, detail: null, reference: 'r-1' },
      };
    if (!this.stamps.has(entry.id)) {
      const taken = Array.from(this.stamps.values());
      if (taken.some(({ device, sequence }) => device === entry.device && sequence === entry.sequence))
        return { kind: 'renumber', from: this.next };
      this.stamps.set(entry.id, { sequence: entry.sequence, device: entry.device, waited });
    }
    return {
      kind: 'confirmed',
      confirmation: { member: 'm', program: 'p', stamps: 1, required: 6, reward: false },
    };
  }
}

/** One lock for all tabs; the browser takes it from a tab that dies. */
export class PretendLocks {
  #tail: Promise<void> = Promise.resolve();

  lock = (dead: Promise<void>) => async (work: () => Promise<void>) => {
    const before = this.#tail;
    const mine = before.then(() => Promise.race([work(), dead]));
    this.#tail = mine.catch(() => {});
    await mine;
  };
}

/** A database that stops answering, for ever, before or after the work of its n-th use: the tab was killed there. */
export class MortalKept extends Kept {
  #uses = 0;
  readonly dead: Promise<void>;
  #die: () => void = () => {};

  constructor(private readonly dies: { at: number; when: 'before' | 'after' } | null = null) {
    super();
    this.dead = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get uses(): number {
    return this.#uses;
  }

  override async use<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
    this.#uses += 1;
    const last = this.dies !== null && this.#uses >= this.dies.at;
    if (last && (this.#uses > this.dies.at || this.dies.when === 'before')) return this.#killed();
    const result = await super.use(work);
    return last ? this.#killed() : result;
  }

  #killed(): Promise<never> {
    this.#die();
    return new Promise(() => {});
  }
}

/** A tab of the browser with the stamper open in it. */
export class Tab {
  readonly queue: Queue;
  readonly sender: Sender;
  changes = 0;

  constructor(
    api: PretendApi,
    locks: PretendLocks,
    readonly clock: PretendClock = new PretendClock(),
    readonly kept: MortalKept = new MortalKept(),
    lock = locks.lock(kept.dead),
  ) {
    this.queue = new Queue(kept, clock);
    this.sender = new Sender({
      queue: this.queue,
      clock,
      deliver: api.deliver,
      changed: () => {
        this.changes += 1;
      },
      lock,
      pause: () => 3,
    });
  }

  stamp(phone: string): Promise<Entry> {
    return this.queue.add(COUNTER, { whom: { phone } });
  }

  async close(): Promise<void> {
    this.sender.stop();
    await this.kept.close();
  }
}
