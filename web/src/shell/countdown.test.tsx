// @vitest-environment happy-dom
import { act, createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clock, secondsLeft, useCountdown } from './countdown';

describe('secondsLeft', () => {
  it('rounds up, so that nobody tries too early', () => {
    expect(secondsLeft(60_000, 0)).toBe(60);
    expect(secondsLeft(60_000, 59_001)).toBe(1);
    expect(secondsLeft(60_000, 60_000)).toBe(0);
    expect(secondsLeft(60_000, 99_000)).toBe(0);
  });
});

describe('clock', () => {
  it.each([
    [0, '0:00'],
    [9, '0:09'],
    [75, '1:15'],
    [600, '10:00'],
    [4000, '1:06:40'],
  ])('shows %i seconds as %s', (seconds, shown) => {
    expect(clock(seconds)).toBe(shown);
  });
});

const Left = ({ until }: { until: number | null }) => createElement('b', null, useCountdown(until));

describe('useCountdown', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('counts to nothing, stops, and starts again for another moment', async () => {
    const box = document.createElement('div');
    const root = createRoot(box);
    const show = (until: number | null) => act(async () => root.render(createElement(Left, { until })));
    const pass = (milliseconds: number) => act(async () => vi.advanceTimersByTime(milliseconds));

    await show(Date.now() + 3000);
    expect(box.textContent).toBe('3');
    await pass(1000);
    expect(box.textContent).toBe('2');
    await pass(10_000);
    expect(box.textContent).toBe('0');
    expect(vi.getTimerCount()).toBe(0);
    await show(Date.now() + 5000);
    expect(box.textContent).toBe('5');
    await show(null);
    expect(box.textContent).toBe('0');
    await act(async () => root.unmount());
    expect(vi.getTimerCount()).toBe(0);
  });
});
