// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loaded } from './part';

let there: ReturnType<typeof vi.spyOn> | undefined;

const network = (is: boolean) => {
  there ??= vi.spyOn(navigator, 'onLine', 'get');
  there.mockReturnValue(is);
  if (is) window.dispatchEvent(new Event('online'));
};

afterEach(() => {
  there = undefined;
  vi.restoreAllMocks();
});

describe('a part of a page', () => {
  it('comes at once when there is a network', async () => {
    expect(await loaded(() => Promise.resolve(7))).toBe(7);
  });

  it('is not asked for until there is one', async () => {
    network(false);
    const load = vi.fn(() => Promise.resolve(7));
    const waiting = loaded(load);
    await Promise.resolve();
    expect(load).not.toHaveBeenCalled();
    network(true);
    expect(await waiting).toBe(7);
  });

  it('is asked for again when it was lost with the network', async () => {
    const load = vi.fn(() => Promise.resolve(7));
    load.mockImplementationOnce(() => {
      network(false);
      return Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
    });
    const waiting = loaded(load);
    await vi.waitFor(() => expect(load).toHaveBeenCalledOnce());
    await Promise.resolve();
    network(true);
    expect(await waiting).toBe(7);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('fails when it is gone', async () => {
    await expect(loaded(() => Promise.reject(new TypeError('gone')))).rejects.toThrow('gone');
  });
});
