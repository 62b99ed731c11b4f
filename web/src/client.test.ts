// @vitest-environment happy-dom
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { accountsMe, sessionsLogoutAll } from './api';
import { ApiProblem, configureClient, forgetCursor, liveCursor } from './client';

let answer: Response;
let asked: Request | undefined;

beforeAll(() => {
  configureClient();
});

beforeEach(() => {
  forgetCursor();
  vi.stubGlobal('fetch', async (request: Request) => {
    asked = request;
    return answer;
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  for (const name of ['holdfast_csrf', '__Host-holdfast_csrf']) document.cookie = `${name}=; max-age=0`;
});

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

const refused = async (sent: Promise<unknown>) => {
  const problem = await sent.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(problem instanceof ApiProblem)) throw new Error('No problem was raised.');
  return problem;
};

const options = { baseUrl: 'http://holdfast.test' };

describe('what the api refuses', () => {
  test('says its sentence, its code and its reference', async () => {
    answer = json(
      { title: 'Too many.', detail: 'Wait.', status: 429, code: 'rates.too-many', request_id: 'r-1' },
      429,
      { 'Retry-After': '7' },
    );
    const problem = await refused(accountsMe(options));
    expect(problem).toMatchObject({
      message: 'Too many.',
      detail: 'Wait.',
      status: 429,
      code: 'rates.too-many',
      requestId: 'r-1',
      retryAfter: 7,
      passing: true,
      unreachable: false,
    });
  });

  test('is told even where a proxy answers with a page', async () => {
    answer = new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' });
    expect(await refused(accountsMe(options))).toMatchObject({
      status: 502,
      message: 'Bad Gateway',
      passing: true,
    });
  });

  test('is a lost connection where nothing came back', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch');
    });
    expect(await refused(accountsMe(options))).toMatchObject({ status: 0, unreachable: true, passing: true });
  });
});

describe('a good answer', () => {
  test('of another shape than the document says is not handed on', async () => {
    answer = json({ user: 'Elena' });
    expect(await refused(accountsMe(options))).toMatchObject({ status: 502, code: 'unexpected_answer' });
  });

  test('brings the first cursor, from which live updates go on', async () => {
    const link = (cursor: string) => `</.well-known/mercure>; rel="mercure"; last-event-id="${cursor}"`;
    for (const cursor of ['10-1', '11-4']) {
      answer = json({}, 500, { Link: link(cursor) });
      await refused(accountsMe(options));
    }
    expect(liveCursor()).toBe('10-1');
  });
});

describe('the token against forgery', () => {
  test('goes with what changes something, and with nothing else', async () => {
    document.cookie = 'holdfast_csrf=secret';
    answer = json({}, 500);
    await refused(sessionsLogoutAll(options));
    expect(asked?.headers.get('X-CSRF-Token')).toBe('secret');
    await refused(accountsMe(options));
    expect(asked?.headers.get('X-CSRF-Token')).toBeNull();
  });
});
