// @vitest-environment happy-dom
import { InfiniteQueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CAFE, OTHER, Page } from './testing/hub';

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});

afterEach(() => page.close());

describe('an event', () => {
  it('asks again for what it changes, on screen and in this business', async () => {
    const activity = page.shows('loyaltyListActivity');
    const programs = page.shows('loyaltyListPrograms');
    const elsewhere = page.shows('loyaltyListActivity', { tenant: OTHER });
    const left = page.shows('loyaltyListActivity', { path: { left: 'it' } });
    await vi.advanceTimersByTimeAsync(0);
    left.leave();
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-1', 'loyalty.stamps.stamped');
    await vi.advanceTimersByTimeAsync(500);
    expect(activity.asked).toHaveBeenCalledTimes(2);
    expect(programs.asked).toHaveBeenCalledTimes(1);
    expect(elsewhere.asked).toHaveBeenCalledTimes(1);
    expect(left.asked).toHaveBeenCalledTimes(1);
    // It is not on screen now, but when it is again it is known to be old.
    expect(page.client.getQueryState(left.queryKey)?.isInvalidated).toBe(true);
  });

  it('concerns only the member that it names', async () => {
    const rosa = page.shows('loyaltyShowCustomer', { path: { customer_id: 'rosa' } });
    const luis = page.shows('loyaltyShowCustomer', { path: { customer_id: 'luis' } });
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-1', 'loyalty.stamps.stamped', { member_id: 'rosa' });
    await page.last.tell('6-2', 'loyalty.stamps.stamped', { member_id: 'ines' });
    await vi.advanceTimersByTimeAsync(500);
    expect(rosa.asked).toHaveBeenCalledTimes(2);
    expect(luis.asked).toHaveBeenCalledTimes(1);
  });

  it('whose counts a reaction keeps is asked for a moment later, and once more', async () => {
    const metrics = page.shows('loyaltyShowMetrics');
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-1', 'loyalty.stamps.stamped');
    await vi.advanceTimersByTimeAsync(500);
    expect(metrics.asked).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(metrics.asked).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(metrics.asked).toHaveBeenCalledTimes(3);
  });

  it('among a thousand costs one question a second for each family', async () => {
    const activity = page.shows('loyaltyListActivity');
    const metrics = page.shows('loyaltyShowMetrics');
    page.live.followBusiness(CAFE);
    await page.last.open();
    activity.asked.mockClear();
    metrics.asked.mockClear();
    const seen: Array<[number, number]> = [];
    for (let second = 0; second < 10; second += 1) {
      for (let number = 0; number < 100; number += 1) {
        await page.last.tell(`${second + 6}-${number}`, 'loyalty.stamps.stamped', { member_id: `${number}` });
        await vi.advanceTimersByTimeAsync(10);
      }
      seen.push([activity.asked.mock.calls.length, metrics.asked.mock.calls.length]);
    }
    for (const [second, [once, other]] of seen.entries()) {
      expect(once).toBeLessThanOrEqual(second + 1);
      expect(once).toBeGreaterThanOrEqual(second);
      expect(other).toBeLessThanOrEqual(second + 1);
    }
    const before = activity.asked.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    // The last event is never lost to the throttle.
    expect(activity.asked.mock.calls.length).toBe(before + 1);
  });

  it('every second for a quarter of an hour is told at a slower pace, which ends when it is quiet', async () => {
    const activity = page.shows('loyaltyListActivity');
    page.live.followBusiness(CAFE);
    await page.last.open();
    activity.asked.mockClear();
    for (let second = 0; second < 900; second += 1) {
      await page.last.tell(`6-${second}`, 'loyalty.stamps.stamped');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(activity.asked.mock.calls.length).toBeLessThanOrEqual(20 + 900 / 6 + 1);
    expect(activity.asked.mock.calls.length).toBeGreaterThan(140);
    for (let beat = 0; beat < 8; beat += 1) {
      await vi.advanceTimersByTimeAsync(15_000);
      await page.last.say(':\n\n');
    }
    activity.asked.mockClear();
    await page.last.tell('7-1', 'loyalty.stamps.stamped');
    await vi.advanceTimersByTimeAsync(200);
    expect(activity.asked).toHaveBeenCalledTimes(1);
  });

  it('never starves a slow answer, and asks once more when it came', async () => {
    const activity = page.shows('loyaltyListActivity', { slow: 4_000 });
    await vi.advanceTimersByTimeAsync(4_000);
    page.live.followBusiness(CAFE);
    await page.last.open();
    for (let second = 0; second < 8; second += 1) {
      await page.last.tell(`6-${second}`, 'loyalty.stamps.stamped');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await vi.advanceTimersByTimeAsync(20_000);
    expect(activity.asked.mock.calls.length).toBeGreaterThanOrEqual(3);
    expect(activity.asked.mock.calls.length).toBeLessThanOrEqual(4);
    expect(page.client.isFetching()).toBe(0);
  });

  it('does not fetch a long list again of which many pages are open', async () => {
    const asked = vi.fn(async ({ pageParam }: { pageParam: number }) => pageParam);
    const queryKey = [{ _id: 'loyaltyListActivity', _infinite: true, headers: { 'Holdfast-Tenant': CAFE } }];
    const observer = new InfiniteQueryObserver(page.client, {
      queryKey,
      queryFn: asked,
      initialPageParam: 0,
      getNextPageParam: (page: number) => page + 1,
    });
    observer.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(0);
    await observer.fetchNextPage();
    await observer.fetchNextPage();
    expect(asked).toHaveBeenCalledTimes(3);
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.tell('6-1', 'loyalty.stamps.stamped');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveBeenCalledTimes(3);
    expect(page.client.getQueryState(queryKey)?.isInvalidated).toBe(true);
  });

  it('that nobody can understand changes nothing and ends nothing', async () => {
    const activity = page.shows('loyaltyListActivity');
    page.live.followBusiness(CAFE);
    await page.last.open();
    await page.last.say('id: 6-1\ndata: {"kind":\n\n');
    await page.last.say('id: 6-2\ndata: null\n\ndata: 7\n\ndata: []\n\n');
    await page.last.say(`id: 6-3\ndata: ${JSON.stringify({ kind: 5, tenant: CAFE, body: {} })}\n\n`);
    await page.last.tell('6-4', 'parking.gates.opened');
    await page.last.tell('6-5', 'loyalty.stamps.stamped', {}, OTHER);
    await page.last.say('nonsense\n:comment\n\nid\n\n');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(activity.asked).toHaveBeenCalledTimes(1);
    await page.last.tell('6-6', 'loyalty.stamps.stamped');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(activity.asked).toHaveBeenCalledTimes(2);
    expect(page.connections).toHaveLength(1);
  });

  it('may come in any pieces', async () => {
    const activity = page.shows('loyaltyListActivity');
    page.live.followBusiness(CAFE);
    await page.last.open();
    const data = JSON.stringify({ kind: 'loyalty.stamps.stamped', tenant: CAFE, body: { name: 'Íñigo ☕' } });
    const bytes = [...new TextEncoder().encode(`id: 6-1\r\ndata: ${data}\r\n\r\n`)];
    const text = new TextDecoder();
    for (const byte of bytes) await page.last.say(text.decode(new Uint8Array([byte]), { stream: true }));
    await vi.advanceTimersByTimeAsync(500);
    expect(activity.asked).toHaveBeenCalledTimes(2);
    await page.last.end();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(page.last.headers['Last-Event-ID']).toBe('6-1');
  });
});
