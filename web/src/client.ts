/**
 * The api's client, set up for a browser: the session travels in its httpOnly cookie, unsafe requests repeat the token
 * against forgery, and whatever goes wrong arrives as an `ApiProblem` with a sentence for the reader.
 */

import type { Problem } from './api';
import { client } from './api/client.gen';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What the api refused, or that it could not be reached (`status` 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | null;
  readonly requestId: string | null;
  readonly fields: ReadonlyArray<{ field: string; message: string }>;
  readonly retryAfter: number | null;
  /** Members that only some problems have, such as the `verification` of an address that is not confirmed. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(problem: Partial<Problem> & { retryAfter?: number | null }) {
    super(problem.title ?? '');
    this.name = 'ApiProblem';
    this.status = problem.status ?? 0;
    this.code = problem.code ?? 'unreachable';
    this.detail = problem.detail ?? null;
    this.requestId = problem.request_id ?? null;
    this.fields = problem.errors ?? [];
    this.retryAfter = problem.retryAfter ?? null;
    this.more = { ...problem };
  }

  /** The request may not have reached the api, or its answer was lost on the way. */
  get unreachable(): boolean {
    return this.status === 0;
  }

  /** Sending the same again may go well. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const requestId = (response: Response) => response.headers.get('x-request-id');

function cookie(name: string): string | null {
  for (const part of document.cookie.split('; ')) {
    const [key, value] = part.split('=', 2);
    if (key === name || key === `__Host-${name}`) return decodeURIComponent(value ?? '');
  }
  return null;
}

/** The live cursor that came with the first page after `beginPage`: what happened since can be asked for. */
let cursor: string | null = null;
const CURSOR = /<[^>]*mercure>;[^,]*last-event-id="([^"]+)"/;

export const liveCursor = () => cursor;

/** The next answer's cursor counts again, for instance after another business was chosen. */
export function forgetCursor(): void {
  cursor = null;
}

export function configureClient(): void {
  client.setConfig({ baseUrl: '', credentials: 'same-origin', throwOnError: true });

  client.interceptors.request.use((request) => {
    const token = SAFE.has(request.method) ? null : cookie('holdfast_csrf');
    if (token !== null) request.headers.set('X-CSRF-Token', token);
    return request;
  });

  client.interceptors.response.use((response) => {
    // Of the answers that a screen is made of, the earliest cursor misses nothing.
    cursor ??= CURSOR.exec(response.headers.get('link') ?? '')?.[1] ?? null;
    return response;
  });

  client.interceptors.error.use((error, response) => {
    if (error instanceof ApiProblem) return error;
    if (response === undefined) return new ApiProblem({});
    // A good answer of another shape than the document says: an older page against a newer api, mostly.
    if (response.ok)
      return new ApiProblem({ status: 502, code: 'unexpected_answer', request_id: requestId(response) });
    const after = Number(response.headers.get('retry-after'));
    const problem = typeof error === 'object' && error !== null ? (error as Partial<Problem>) : {};
    return new ApiProblem({
      title: response.statusText || `HTTP ${response.status}`,
      status: response.status,
      request_id: requestId(response),
      ...problem,
      retryAfter: Number.isFinite(after) && after > 0 ? after : null,
    });
  });
}
