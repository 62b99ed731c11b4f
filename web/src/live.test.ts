// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CAFE, OTHER, Page } from './testing/hub';

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});

afterEach(() => page.close());

describe('the stream', () => {
  it('is one, of the business, for every system that declared events, from the cursor of the page', async () => {
    page.live.followBusiness(CAFE);
    page.live.followBusiness(CAFE);
    expect(page.connections).toHaveLength(1);
    expect(page.last.url.pathname).toBe('/.well-known/mercure');
    expect(page.last.url.searchParams.getAll('topic')).toEqual([
      `/tenants/${CAFE}/loyalty/{noun}`,
      `/tenants/${CAFE}/people/{noun}`,
    ]);
    expect(page.last.headers).toMatchObject({ 'Holdfast-Tenant': CAFE, 'Last-Event-ID': '5-2' });
    const metrics = page.shows('loyaltyShowMetrics');
    await vi.advanceTimersByTimeAsync(0);
    await page.last.open();
    expect(page.state).toBe('live');
    await vi.advanceTimersByTimeAsync(5_000);
    // The page is of that cursor, so nothing is asked twice.
    expect(metrics.asked).toHaveBeenCalledTimes(1);
  });

  it('without a cursor begins now, and what is on screen is asked again', async () => {
    page.cursor = null;
    const metrics = page.shows('loyaltyShowMetrics');
    page.live.followBusiness(CAFE);
    expect(page.last.headers).not.toHaveProperty('Last-Event-ID');
    // The first answer is still on its way, and nobody knows of which moment it is.
    await page.last.open('9-1');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(metrics.asked).toHaveBeenCalledTimes(2);
  });

  it('says that it waits only when it takes longer than a moment', async () => {
    page.live.followBusiness(CAFE);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(page.state).toBe('off');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(page.state).toBe('waiting');
    await page.last.open();
    expect(page.state).toBe('live');
  });
});

describe('a stream that breaks', () => {
  it('is taken up after its last event, without asking for everything', async () => {
    const activity = page.shows('loyaltyListActivity');
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-4', 'people.memberships.joined');
    await vi.advanceTimersByTimeAsync(10_000);
    // The process stops, and its answer ends in peace.
    await page.last.end();
    expect(page.state).toBe('live');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(page.connections).toHaveLength(2);
    expect(page.last.headers['Last-Event-ID']).toBe('6-4');
    await page.last.open();
    await page.last.tell('6-9', 'loyalty.stamps.stamped');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(activity.asked).toHaveBeenCalledTimes(2);
    expect(page.state).toBe('live');
  });

  it('waits longer after every failure, with jitter, and no longer than half a minute', async () => {
    vi.mocked(Math.random).mockRestore();
    page.live.followBusiness(CAFE);
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      const failed = Date.now();
      page.last.fail();
      const count = page.connections.length;
      while (page.connections.length === count) await vi.advanceTimersByTimeAsync(50);
      pauses.push(Date.now() - failed);
    }
    for (const [index, pause] of pauses.entries()) {
      const most = Math.min(30_000, 500 * 2 ** (index + 1));
      expect(pause).toBeGreaterThanOrEqual(most / 2);
      expect(pause).toBeLessThanOrEqual(most + 50);
    }
    expect(page.state).toBe('waiting');
    await page.last.open();
    expect(page.state).toBe('live');
  });

  it.each([429, 503])('is not knocked for sooner than %s asks', async (status) => {
    page.live.followBusiness(CAFE);
    await page.last.refuse(status, { 'retry-after': '20' });
    await vi.advanceTimersByTimeAsync(19_900);
    expect(page.connections).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(page.connections).toHaveLength(2);
  });

  it.each([401, 403, 404])('is off after %s, and knocked for rarely', async (status) => {
    page.live.followBusiness(CAFE);
    await page.last.refuse(status);
    expect(page.state).toBe('off');
    await vi.advanceTimersByTimeAsync(55_000);
    expect(page.connections).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(page.connections).toHaveLength(2);
  });

  it('without a word is noticed by its silence', async () => {
    page.live.followBusiness(CAFE);
    await page.last.open();
    for (let beat = 0; beat < 10; beat += 1) {
      await vi.advanceTimersByTimeAsync(15_000);
      await page.last.say(':\n\n');
    }
    expect(page.connections).toHaveLength(1);
    const dead = page.last;
    await vi.advanceTimersByTimeAsync(47_000);
    expect(dead.signal.aborted).toBe(true);
    expect(page.connections).toHaveLength(2);
    expect(page.last.headers['Last-Event-ID']).toBe('5-2');
  });

  it('whose history the hub lost asks for all that is on screen', async () => {
    const programs = page.shows('loyaltyListPrograms');
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-4', 'people.memberships.joined');
    await page.last.end();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(page.last.headers['Last-Event-ID']).toBe('6-4');
    page.cursor = '90-1';
    await page.last.open('earliest');
    expect(programs.asked).toHaveBeenCalledTimes(2);
    // What was asked again brings a cursor of its own, which is where the next stream begins.
    page.cursor = '91-1';
    await page.last.end();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(page.last.headers['Last-Event-ID']).toBe('91-1');
  });
});

describe('a network that is gone', () => {
  it('is said at once, and caught up when it is back', async () => {
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-4', 'people.memberships.joined');
    page.network(false);
    expect(page.last.signal.aborted).toBe(true);
    expect(page.state).toBe('waiting');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(page.connections).toHaveLength(1);
    page.network(true);
    expect(page.connections).toHaveLength(2);
    expect(page.last.headers['Last-Event-ID']).toBe('6-4');
    await page.last.open();
    expect(page.state).toBe('live');
  });

  it('for so long that all may have changed costs one question for everything', async () => {
    const programs = page.shows('loyaltyListPrograms');
    page.live.followBusiness(CAFE);
    await page.last.open();
    page.network(false);
    await vi.advanceTimersByTimeAsync(3_600_000);
    page.network(true);
    expect(page.last.headers).not.toHaveProperty('Last-Event-ID');
    await page.last.open('900-1');
    expect(programs.asked).toHaveBeenCalledTimes(2);
  });
});

describe('a tab that nobody looks at', () => {
  it('gives its connection back after a while, and catches up when it is shown', async () => {
    page.live.followBusiness(CAFE);
    await page.last.open();
    page.look(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(page.last.signal.aborted).toBe(false);
    page.look(true);
    await page.last.say(':\n\n');
    await vi.advanceTimersByTimeAsync(40_000);
    await page.last.say(':\n\n');
    expect(page.last.signal.aborted).toBe(false);
    page.look(false);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(page.last.signal.aborted).toBe(true);
    expect(page.state).toBe('off');
    page.look(true);
    expect(page.connections).toHaveLength(2);
    expect(page.last.headers['Last-Event-ID']).toBe('5-2');
  });

  it('asks for nothing until somebody looks', async () => {
    const activity = page.shows('loyaltyListActivity');
    page.live.followBusiness(CAFE);
    await page.last.open();
    page.look(false);
    await page.last.tell('6-1', 'loyalty.stamps.stamped');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(activity.asked).toHaveBeenCalledTimes(1);
    page.look(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(activity.asked).toHaveBeenCalledTimes(2);
  });
});

describe('another business', () => {
  it('ends the stream of the first and begins its own, each from its own place', async () => {
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-4', 'people.memberships.joined');
    const first = page.last;
    page.cursor = '8-8';
    page.live.followBusiness(OTHER);
    expect(first.signal.aborted).toBe(true);
    expect(page.last.url.searchParams.get('topic')).toBe(`/tenants/${OTHER}/loyalty/{noun}`);
    expect(page.last.headers).toMatchObject({ 'Holdfast-Tenant': OTHER, 'Last-Event-ID': '8-8' });
    await page.last.open();
    page.live.followBusiness(CAFE);
    expect(page.last.headers).toMatchObject({ 'Holdfast-Tenant': CAFE, 'Last-Event-ID': '6-4' });
  });

  it('leaves nothing behind that the first still wanted to ask', async () => {
    const activity = page.shows('loyaltyListActivity');
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-1', 'loyalty.stamps.stamped');
    page.live.followBusiness(null);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(activity.asked).toHaveBeenCalledTimes(1);
    expect(page.state).toBe('off');
    expect(page.connections).toHaveLength(1);
  });
});
