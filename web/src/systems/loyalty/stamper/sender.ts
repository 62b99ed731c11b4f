/**
 * Sends the queue: in the order of its numbers, one stamp at a time, by one tab of the browser, whenever there is a
 * chance that the network is back. There is no Background Sync, because iOS has none: the page sends when it starts,
 * when it is looked at, when the browser says that it is online, and again after growing pauses. Meets L24.
 */

import { type Clock, waitedSeconds } from './clock';
import type { Confirmation, Entry, Refusal } from './entries';
import type { Owner, Queue } from './queue';

/** What became of one attempt. */
export type Answer =
  | { kind: 'confirmed'; confirmation: Confirmation }
  | { kind: 'refused'; refusal: Refusal }
  /** Nobody knows whether it arrived, or the api asked for patience; the same is sent again. */
  | { kind: 'again'; busy: boolean; afterSeconds: number | null }
  /** The device may not stamp now; what waits goes on waiting. */
  | { kind: 'paused'; reason: Pause; refusal: Refusal }
  /** The device's number was used before; the api says from where to count on. */
  | { kind: 'renumber'; from: number };

export type Pause = 'ended' | 'not_allowed';

export type Standing =
  | { state: 'resting' }
  | { state: 'sending' }
  | { state: 'waiting'; busy: boolean }
  | { state: 'paused'; reason: Pause; refusal: Refusal };

export interface Means {
  queue: Queue;
  clock: Clock;
  deliver: (entry: Entry, waitedSeconds: number) => Promise<Answer>;
  /** Called whenever an entry or the standing has changed. */
  changed: (confirmed?: Entry) => void;
  /** Runs the work while no other tab does; the browser gives the lock on when a tab is killed. */
  lock?: (work: () => Promise<void>) => Promise<void>;
  /** Milliseconds until the next attempt after so many failures in a row. */
  pause?: (failures: number) => number;
}

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** Twice as long after each failure, up to a minute; by chance up to half less, so that phones do not come at once. */
export function growingPause(failures: number): number {
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1));
  return most / 2 + (Math.random() * most) / 2;
}

export async function oneTab(work: () => Promise<void>): Promise<void> {
  // Without locks two tabs may send the same stamp at once, which costs a request and changes nothing.
  await (navigator.locks?.request('holdfast.stamper.send', work) ?? work());
}

export class Sender {
  standing: Standing = { state: 'resting' };
  #owner: Owner | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #notBefore = 0;
  #stop: (() => void) | null = null;

  constructor(private readonly means: Means) {}

  get owner(): Owner | null {
    return this.#owner;
  }

  /** Send for this device from now on; for none when nothing is paired. */
  for(owner: Owner | null): void {
    this.#owner = owner;
    this.#failures = 0;
    this.#notBefore = 0;
    this.#stand({ state: 'resting' });
    if (owner !== null) this.kick();
  }

  /** Listen for signs of a network; `stop` ends it. */
  start(): void {
    const back = () => {
      this.#failures = 0;
      this.kick();
    };
    const seen = () => {
      if (document.visibilityState === 'visible') this.kick();
    };
    addEventListener('online', back);
    addEventListener('pageshow', seen);
    document.addEventListener('visibilitychange', seen);
    this.#stop = () => {
      removeEventListener('online', back);
      removeEventListener('pageshow', seen);
      document.removeEventListener('visibilitychange', seen);
    };
  }

  stop(): void {
    this.#stop?.();
    this.#owner = null;
    clearTimeout(this.#timer);
  }

  /** Send now, unless the api has asked to wait longer. */
  kick(): void {
    clearTimeout(this.#timer);
    if (this.#owner === null) return;
    const early = this.#notBefore - performance.now();
    if (early > 0) {
      this.later(early);
      return;
    }
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#running = (this.means.lock ?? oneTab)(() => this.#drain())
      .catch(() => this.#failed(false, null))
      .finally(() => {
        this.#running = null;
        if (this.#again) {
          this.#again = false;
          this.kick();
        }
      });
  }

  /** Send after a while, for instance what another tab may have left behind. */
  later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.kick(), ms);
  }

  /** Resolves when nothing is being sent. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #drain(): Promise<void> {
    const { queue, clock, deliver, changed } = this.means;
    let renumbered = false;
    while (this.#owner !== null) {
      const owner = this.#owner;
      this.#again = false;
      const entry = await queue.next(owner.device);
      if (entry === undefined) {
        this.#failures = 0;
        return this.#stand({ state: 'resting' });
      }
      await queue.sending(entry.id);
      this.#stand({ state: 'sending' });
      const answer = await deliver(entry, waitedSeconds(entry.taken, clock.now()));
      if (answer.kind === 'confirmed') {
        await queue.confirm(entry.id, answer.confirmation);
        changed({ ...entry, state: 'confirmed', confirmation: answer.confirmation });
      } else if (answer.kind === 'refused') {
        await queue.refuse(entry.id, answer.refusal);
        changed();
      } else if (answer.kind === 'renumber' && !renumbered) {
        renumbered = true;
        await queue.renumber(owner, answer.from);
        changed();
      } else {
        await queue.back(entry.id);
        // Another pairing began meanwhile, and this answer says nothing about it.
        if (owner !== this.#owner) continue;
        if (answer.kind === 'paused') return this.#stand({ state: 'paused', ...pick(answer) });
        return this.#failed(answer.kind === 'again' && answer.busy, afterSeconds(answer));
      }
      this.#failures = 0;
    }
  }

  #failed(busy: boolean, seconds: number | null): void {
    this.#failures += 1;
    const pause = Math.max((this.means.pause ?? growingPause)(this.#failures), (seconds ?? 0) * 1000);
    this.#notBefore = seconds === null ? 0 : performance.now() + pause;
    this.#again = false;
    this.later(pause);
    this.#stand({ state: 'waiting', busy });
  }

  #stand(standing: Standing): void {
    this.standing = standing;
    this.means.changed();
  }
}

const pick = ({ reason, refusal }: { reason: Pause; refusal: Refusal }) => ({ reason, refusal });
const afterSeconds = (answer: Answer) => (answer.kind === 'again' ? answer.afterSeconds : null);
