/**
 * Refetches that live updates ask for: gathered, at most one a second for each query family, only what is on screen.
 * When a lot goes on for long they come at a slower pace, because the api counts what one person asks for.
 */

import type { Query, QueryClient } from '@tanstack/react-query';

/** What an event changes: a family of queries, by the operation that they ask (`loyaltyShowMetrics`). */
export type Touch = string | Family;

interface Family {
  family: string;
  /** Only queries whose path names what the event is about: the path's parameter, and the field of the event's body. */
  only?: { path: string; body: string };
  /** A reaction keeps what is asked for, so it is a moment behind the event. */
  behind?: boolean;
  /** How long the family rests at least between two refetches; a second when absent. */
  restMs?: number;
}

interface Waiting {
  tenant: string;
  /** The values of `only` that events named; null for every query of the family. */
  named: Set<string> | null;
  only: Family['only'];
  restMs: number;
}

/** When a family was last asked for, and how many more times it may be before its pace is the slow one. */
interface Pace {
  ran: number;
  spare: number;
}

/** What the generated client puts first into a query's key. */
interface Key {
  _id?: string;
  _infinite?: boolean;
  headers?: Record<string, unknown>;
  path?: Record<string, unknown>;
}

/** Stands for every family. */
const ALL = '*';
const WINDOW_MS = 1_000;
/** So many refetches of a family may follow each other closely; each is earned back in so long. */
const SPARE = 20;
const EARNED_MS = 6_000;
const SOON_MS = 120;
const BEHIND_MS = 600;
/** When nothing more happened for so long, reactions have certainly done their part. */
const AGAIN_MS = 3_000;
/** A list of which more pages were fetched is not fetched again whole while somebody reads it. */
const MOST_PAGES = 2;

const keyOf = (query: Query): Key => {
  const first = query.queryKey[0];
  return typeof first === 'object' && first !== null ? first : { _id: String(first) };
};

const isOf = (query: Query, tenant: string) =>
  (keyOf(query).headers?.['Holdfast-Tenant'] ?? tenant) === tenant;

const isLong = (query: Query) => {
  const pages = (query.state.data as { pages?: unknown[] } | undefined)?.pages;
  return Array.isArray(pages) && pages.length > MOST_PAGES;
};

export class Refetches {
  readonly #client: QueryClient;
  readonly #waiting = new Map<string, Waiting>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #again = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #paces = new Map<string, Pace>();

  constructor(client: QueryClient) {
    this.#client = client;
  }

  /** An event changed what a family shows. */
  touch(tenant: string, touched: Touch, event: { body: Record<string, unknown> }): void {
    const touch = typeof touched === 'string' ? { family: touched } : touched;
    const { family, only, behind, restMs = WINDOW_MS } = touch;
    const named = only === undefined ? null : new Set<string>();
    const waiting = this.#waiting.get(family) ?? { tenant, named, only, restMs };
    if (only === undefined) waiting.named = null;
    else waiting.named?.add(String(event.body[only.body]));
    this.#waiting.set(family, waiting);
    this.#schedule(family, behind ? BEHIND_MS : SOON_MS);
    if (!behind) return;
    clearTimeout(this.#again.get(family));
    const again = () => this.touch(tenant, { ...touch, behind: false }, event);
    this.#again.set(family, setTimeout(again, AGAIN_MS));
  }

  /** Nobody knows what changed: all that is on screen is asked again, and the rest when it is looked at. */
  everything(tenant: string): void {
    this.#waiting.set(ALL, { tenant, named: null, only: undefined, restMs: WINDOW_MS });
    this.#schedule(ALL, 0);
  }

  /** Another business is on screen; what was to be asked again is not any more. */
  forget(): void {
    for (const timer of [...this.#timers.values(), ...this.#again.values()]) clearTimeout(timer);
    for (const kept of [this.#timers, this.#again, this.#waiting, this.#paces]) kept.clear();
  }

  /** Somebody looks at the page again. */
  resume(): void {
    for (const family of this.#waiting.keys()) this.#schedule(family, 0);
  }

  #schedule(family: string, ms: number): void {
    const waiting = this.#waiting.get(family);
    if (waiting === undefined || this.#timers.has(family)) return;
    const { ran, spare } = this.#pace(family);
    const rested = ran + waiting.restMs - Date.now();
    const earned = spare >= 1 ? 0 : (1 - spare) * EARNED_MS;
    const run = () => {
      this.#timers.delete(family);
      this.#run(family);
    };
    this.#timers.set(family, setTimeout(run, Math.max(ms, rested, earned)));
  }

  /** The pace as it is now: what was spent is earned back by and by. */
  #pace(family: string): Pace {
    const { ran, spare } = this.#paces.get(family) ?? { ran: 0, spare: SPARE };
    return { ran, spare: Math.min(SPARE, spare + (Date.now() - ran) / EARNED_MS) };
  }

  #run(family: string): void {
    const waiting = this.#waiting.get(family);
    // Nobody sees it; `resume` comes back to it.
    if (waiting === undefined || document.hidden) return;
    const { tenant, named, only } = waiting;
    const meant = (query: Query) => {
      const key = keyOf(query);
      if ((key._id !== family && family !== ALL) || !isOf(query, tenant)) return false;
      return named === null || only === undefined || named.has(String(key.path?.[only.path]));
    };
    this.#paces.set(family, { ran: Date.now(), spare: this.#pace(family).spare - 1 });
    // An answer that is on its way may be older than the event. Taking it back again and again would starve the
    // screen, so it may arrive, and is asked for once more.
    if (this.#client.isFetching({ predicate: meant }) > 0) this.#schedule(family, WINDOW_MS);
    else {
      this.#waiting.delete(family);
      void this.#client.invalidateQueries({ predicate: meant, refetchType: 'none' });
      void this.#client.refetchQueries({
        predicate: (query) => meant(query) && (family === ALL || !isLong(query)),
        type: 'active',
      });
    }
  }
}
