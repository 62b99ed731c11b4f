/**
 * Live updates: one stream for the whole application, of the business on screen. An event says that something changed;
 * what shows it is asked again, at most once a second for each query family, and only where it is on screen. A stream
 * that breaks is taken up where it ended, so a restart of the api needs no reload.
 */

import { useEffect, useSyncExternalStore } from 'react';
import { forgetCursor, liveCursor } from './client';
import { queryClient } from './queries';
import { Refetches, type Touch } from './refetches';
import { listen, type Message, Refused } from './stream';

export type LiveState = 'live' | 'waiting' | 'off';

/** What an event changes: by its kind, such as `loyalty.stamps.stamped`, the queries to ask again. */
export type LiveMap = Readonly<Record<string, readonly Touch[]>>;

export interface LiveEvent {
  kind: string;
  tenant: string;
  subject: string | null;
  at: string;
  body: Record<string, unknown>;
}

const PATH = '/.well-known/mercure';
/** The hub sends a comment every 15 seconds; after three that did not come, nobody is there. */
const SILENCE_MS = 45_000;
/** A stream that lived so long was in order, and its end was none of ours. */
const SETTLED_MS = 5_000;
/** A break that is over sooner is nothing a person needs to know of. */
const GRACE_MS = 2_500;
/** A tab that nobody looks at gives its connection back, of which a browser has six for a host. */
const HIDDEN_MS = 30_000;
/** After such a time it is cheaper to ask for what is on screen than for all that happened. */
const AWAY_MS = 600_000;
const LONGEST_PAUSE_MS = 30_000;
const REFUSED_PAUSE_MS = 60_000;

const map = new Map<string, Touch[]>();
const listeners = new Set<() => void>();
const refetches = new Refetches(queryClient);

/** How far each business's events are known, and since when nothing more was heard. */
const places = new Map<string, { id: string; at: number }>();
let business: string | null = null;
let running: AbortController | null = null;
let state: LiveState = 'off';
let wake = () => {};
let graceTimer: ReturnType<typeof setTimeout> | undefined;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

/** A system says what its events change; what several say of one kind adds up. */
export function declareLive(declared: LiveMap): void {
  for (const [kind, touches] of Object.entries(declared)) {
    map.set(kind, [...(map.get(kind) ?? []), ...touches]);
  }
}

/** Listen to this business from now on, or to none. */
export function followBusiness(tenant: string | null): void {
  if (tenant === business) return;
  stop();
  business = tenant;
  refetches.forget();
  show('off');
  start();
}

/** The business on screen is listened to for as long as the component is there. */
export function useFollow(tenant: string): void {
  useEffect(() => {
    followBusiness(tenant);
    return () => followBusiness(null);
  }, [tenant]);
}

/** Whether what is on screen is up to date by itself. */
export const useLive = (): LiveState => useSyncExternalStore(subscribe, liveState);

export const liveState = (): LiveState => state;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function show(next: LiveState): void {
  clearTimeout(graceTimer);
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

/** Say that updates do not come, unless they do again in a moment. */
function wait(): void {
  clearTimeout(graceTimer);
  if (navigator.onLine) graceTimer = setTimeout(() => show('waiting'), GRACE_MS);
  else show('waiting');
}

function start(): void {
  if (business === null || running !== null) return;
  watch();
  running = new AbortController();
  void keep(business, running.signal);
}

function stop(): void {
  clearTimeout(graceTimer);
  clearTimeout(hiddenTimer);
  running?.abort();
  running = null;
}

/** Keep a stream open until the signal says otherwise. */
async function keep(tenant: string, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const began = Date.now();
    let error: unknown = null;
    wait();
    try {
      await follow(tenant, signal);
    } catch (caught) {
      error = caught;
    }
    if (signal.aborted) return;
    failures = Date.now() - began >= SETTLED_MS ? 0 : failures + 1;
    const closed = error instanceof Refused && [401, 403, 404].includes(error.status);
    if (closed) show('off');
    else wait();
    await pause(closed ? REFUSED_PAUSE_MS : pauseMs(failures, error), signal);
  }
}

/** Streams that broke together must not all come back together, so no two pauses are alike. */
function pauseMs(failures: number, error: unknown): number {
  const growing = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
  const asked = error instanceof Refused ? error.retryAfterMs * (1 + Math.random() / 2) : 0;
  return Math.max(growing, asked);
}

/** A pause that ends sooner when the network is back or somebody looks at the page again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    wake = end;
  });
}

async function follow(tenant: string, signal: AbortSignal): Promise<void> {
  const known = places.get(tenant);
  if (known !== undefined && Date.now() - known.at > AWAY_MS) places.delete(tenant);
  // Without a place of its own, the stream begins where the page's first answer stood.
  const asked = places.get(tenant)?.id ?? (known === undefined ? liveCursor() : null);
  const topics = new Set([...map.keys()].map((kind) => kind.slice(0, kind.indexOf('.'))));
  const parameters = new URLSearchParams(
    [...topics].map((system) => ['topic', `/tenants/${tenant}/${system}/{noun}`]),
  );
  let opened = false;
  try {
    await listen(`${PATH}?${parameters}`, {
      headers: { 'Holdfast-Tenant': tenant, ...(asked === null ? {} : { 'Last-Event-ID': asked }) },
      signal,
      silenceMs: SILENCE_MS,
      onOpen: (answered) => {
        opened = true;
        forgetCursor();
        places.delete(tenant);
        if (answered?.includes('-')) places.set(tenant, { id: answered, at: Date.now() });
        // The hub could not take up where this page stood: what happened between is not coming.
        if (asked === null || answered !== asked) refetches.everything(tenant);
        show('live');
      },
      onMessage: (message) => hear(tenant, message),
    });
  } finally {
    const place = places.get(tenant);
    if (opened && place !== undefined) place.at = Date.now();
  }
}

function hear(tenant: string, message: Message): void {
  if (message.id !== null) places.set(tenant, { id: message.id, at: Date.now() });
  const event = understood(message);
  if (event === null || event.tenant !== tenant) return;
  for (const touch of map.get(event.kind) ?? []) refetches.touch(tenant, touch, event);
}

/** The event that a message tells of; null for one that this page does not understand. */
function understood(message: Message): LiveEvent | null {
  try {
    const event: unknown = JSON.parse(message.data);
    if (typeof event !== 'object' || event === null) return null;
    const { kind, tenant, body } = event as Partial<LiveEvent>;
    const whole = typeof kind === 'string' && typeof tenant === 'string';
    return whole && typeof body === 'object' && body !== null ? (event as LiveEvent) : null;
  } catch {
    return null;
  }
}

/** Follow what the browser says of the network and of who looks at the page; once is enough. */
let watching = false;
function watch(): void {
  if (watching) return;
  watching = true;
  const again = () => {
    clearTimeout(hiddenTimer);
    if (running === null) start();
    else wake();
  };
  window.addEventListener('online', again);
  window.addEventListener('offline', () => {
    // The stream may take minutes to notice; the browser knows now.
    if (business === null) return;
    stop();
    show('waiting');
  });
  window.addEventListener('pagehide', stop);
  window.addEventListener('pageshow', again);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hiddenTimer = setTimeout(rest, HIDDEN_MS);
    else {
      again();
      refetches.resume();
    }
  });
}

function rest(): void {
  stop();
  show('off');
}
