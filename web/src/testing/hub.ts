/** The hub, the browser and the clock around `live.ts`, for its tests. */

import { type QueryClient, QueryObserver } from '@tanstack/react-query';
import { vi } from 'vitest';

export const CAFE = '0190aaaa-0000-7000-8000-000000000001';
export const OTHER = '0190aaaa-0000-7000-8000-000000000002';

/** A stream that the page under test opened, seen from the hub. */
export class Connection {
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly #answer: (response: unknown) => void;
  readonly #fail: (error: unknown) => void;
  #body: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(
    url: string,
    init: RequestInit,
    answer: (response: unknown) => void,
    fail: (e: unknown) => void,
  ) {
    this.url = new URL(url, 'http://here');
    this.headers = init.headers as Record<string, string>;
    this.signal = init.signal as AbortSignal;
    this.#answer = answer;
    this.#fail = fail;
    this.signal.addEventListener('abort', () => this.fail(this.signal.reason));
  }

  /** Open the stream; without an id of its own the answer takes the client up where it asked. */
  async open(id: string = this.headers['Last-Event-ID'] ?? '7-1') {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
    });
    this.#answer({ ok: true, status: 200, headers: new Headers({ 'last-event-id': id }), body });
    await vi.advanceTimersByTimeAsync(0);
  }

  async refuse(status: number, headers: Record<string, string> = {}) {
    this.#answer({ ok: false, status, headers: new Headers(headers), body: null });
    await vi.advanceTimersByTimeAsync(0);
  }

  async say(text: string) {
    this.#body?.enqueue(new TextEncoder().encode(text));
    await vi.advanceTimersByTimeAsync(0);
  }

  async tell(id: string, kind: string, body: Record<string, unknown> = {}, tenant = CAFE) {
    await this.say(`id: ${id}\ndata: ${JSON.stringify({ kind, tenant, subject: null, at: '', body })}\n\n`);
  }

  async end() {
    this.#body?.close();
    await vi.advanceTimersByTimeAsync(0);
  }

  fail(error: unknown = new TypeError('network error')) {
    this.#fail(error);
    try {
      this.#body?.error(error);
    } catch {
      // It had ended already.
    }
  }
}

/** A page that listens, on a clock that the test moves, with a hub that does what the test says. */
export class Page {
  readonly connections: Connection[] = [];
  /** The cursor that came with the page's answers. */
  cursor: string | null = '5-2';

  private constructor(
    readonly live: typeof import('../live'),
    readonly client: QueryClient,
  ) {}

  static async open(): Promise<Page> {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    vi.resetModules();
    let page: Page | null = null;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      return new Promise((answer, fail) => {
        page?.connections.push(new Connection(url, init, answer, fail));
      });
    });
    vi.doMock('../client', () => ({
      liveCursor: () => page?.cursor ?? null,
      forgetCursor: () => {
        if (page !== null) page.cursor = null;
      },
      ApiProblem: class extends Error {},
    }));
    page = new Page(await import('../live'), (await import('../queries')).queryClient);
    page.live.declareLive({
      'loyalty.stamps.stamped': [
        'loyaltyListActivity',
        { family: 'loyaltyShowMetrics', behind: true },
        { family: 'loyaltyShowCustomer', only: { path: 'customer_id', body: 'member_id' } },
      ],
      'people.memberships.joined': ['peopleMembers'],
    });
    return page;
  }

  close(): void {
    this.live.followBusiness(null);
    this.client.clear();
    this.network(true);
    this.look(true);
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  }

  /** Whether the page says that it is up to date. */
  get state() {
    return this.live.liveState();
  }

  get last(): Connection {
    return this.connections[this.connections.length - 1] as Connection;
  }

  /** A query on screen, as the generated client names it. */
  shows(id: string, { tenant = CAFE, path = {} as Record<string, string>, slow = 0 } = {}) {
    const asked = vi.fn(async () => {
      if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow));
      return {};
    });
    const queryKey = [{ _id: id, headers: { 'Holdfast-Tenant': tenant }, path }];
    const leave = new QueryObserver(this.client, { queryKey, queryFn: asked }).subscribe(() => {});
    return { asked, leave, queryKey };
  }

  /** Somebody looks at the tab, or at another. */
  look(here: boolean): void {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !here });
    document.dispatchEvent(new Event('visibilitychange'));
  }

  network(there: boolean): void {
    Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => there });
    window.dispatchEvent(new Event(there ? 'online' : 'offline'));
  }
}
