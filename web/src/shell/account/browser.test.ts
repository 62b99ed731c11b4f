import { describe, expect, it } from 'vitest';
import { browserOf } from './browser';

describe('browserOf', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36',
      { browser: 'Chrome', system: 'Linux', phone: false },
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0 Safari/537.36 Edg/146.0',
      { browser: 'Edge', system: 'Windows', phone: false },
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
      { browser: 'Safari', system: 'iPhone', phone: true },
    ],
    [
      'Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36',
      { browser: 'Samsung Internet', system: 'Android', phone: true },
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:140.0) Gecko/20100101 Firefox/140.0',
      { browser: 'Firefox', system: 'macOS', phone: false },
    ],
    ['python-httpx/0.28', null],
    ['Till 3', null],
    [null, null],
  ])('reads %s', (agent, found) => {
    expect(browserOf(agent)).toEqual(found);
  });
});
