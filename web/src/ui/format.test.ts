import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import { formats } from './format';

/** Spaces that do not break are spaces to a reader. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
const AT = '2026-05-31T23:30:00Z';

describe('money', () => {
  it.each([
    ['en', 'PEN', 1234550, 'PEN 12,345.50'],
    ['es-PE', 'PEN', 1234550, 'S/ 12,345.50'],
    ['es', 'EUR', 1234550, '12.345,50 €'],
    ['nl', 'EUR', 1234550, '€ 12.345,50'],
    ['ja', 'JPY', 12345, '¥12,345'],
    ['hi', 'INR', 12345650, '₹1,23,456.50'],
    ['en', 'KWD', 1234, 'KWD 1.234'],
  ])('in %s, %s', (language, currency, minor, text) => {
    expect(plain(formats(language).money({ minor, currency })).replace('￥', '¥')).toBe(text);
  });
});

describe('days and moments', () => {
  it('a day is the same day everywhere', () => {
    for (const timezone of ['Pacific/Kiritimati', 'America/Lima', 'Asia/Tokyo', 'UTC']) {
      expect(formats('en', { timezone }).day('2026-05-31')).toBe('May 31, 2026');
      expect(formats('en', { timezone }).month('2026-05-01')).toBe('May 2026');
      expect(formats('en', { timezone }).shortDay('2026-05-31')).toBe('May 31');
    }
  });

  it.each([
    ['en', 'America/Lima', 'May 31, 2026, 6:30 PM'],
    ['en', 'Asia/Tokyo', 'Jun 1, 2026, 8:30 AM'],
    ['es', 'America/Lima', '31 may 2026, 18:30'],
    ['ja', 'Asia/Tokyo', '2026/06/01 8:30'],
    ['hi', 'Asia/Kolkata', '1 जून 2026, 5:00 am'],
  ])('a moment in %s at %s', (language, timezone, text) => {
    expect(plain(formats(language, { timezone }).moment(AT))).toBe(text);
  });

  it('an hour of the day', () => {
    expect(plain(formats('en').hour(7))).toBe('7 AM');
    expect(plain(formats('es').hour(19))).toBe('19');
    expect(formats('ja').hour(0)).toBe('0時');
  });
});

describe('how long ago', () => {
  const now = Date.parse(AT);
  const before = (seconds: number) => new Date(now - seconds * 1000);

  it.each([
    ['en', 0, 'now'],
    ['en', 59, 'now'],
    ['en', 61, '1 minute ago'],
    ['en', 3 * 60, '3 minutes ago'],
    ['en', 26 * 3600, 'yesterday'],
    ['en', 9 * 86_400, 'last week'],
    ['en', -3 * 3600, 'in 3 hours'],
    ['es', 3 * 60, 'hace 3 minutos'],
    ['ja', 3 * 60, '3 分前'],
    ['hi', 3 * 60, '3 मिनट पहले'],
    ['nl', 5 * 3600, '5 uur geleden'],
  ])('in %s, %i seconds', (language, seconds, text) => {
    expect(formats(language).ago(before(seconds), now)).toBe(text);
  });
});

it.each([
  ['en', 60, '1 minute'],
  ['en', 43_200, '12 hours'],
  ['en', 90 * 86_400, '90 days'],
  ['en', 45, '45 seconds'],
  ['es', 600, '10 minutos'],
  ['ja', 86_400, '1 日'],
  ['hi', 3600, '1 घंटा'],
])('a length of time in %s, %i seconds', (language, seconds, text) => {
  expect(formats(language).duration(seconds)).toBe(text);
});

it('shares and lists', () => {
  expect(formats('en').share(0.425)).toBe('43%');
  expect(plain(formats('es').share(0.425, 1))).toBe('42,5 %');
  expect(formats('hi').count(1234567)).toBe('12,34,567');
  expect(formats('es').list(['pan', 'café', 'té'])).toBe('pan, café y té');
  expect(formats('ja').list(['茶', '菓子'])).toBe('茶、菓子');
});

describe('plurals of the catalogue', () => {
  it.each([
    ['en', 1, '1 month later'],
    ['en', 3, '3 months later'],
    ['es', 1, '1 mes después'],
    ['es', 3, '3 meses después'],
    ['es', 2_000_000, '2000000 meses después'],
    ['nl', 3, '3 maanden later'],
    ['hi', 3, '3 महीने बाद'],
    ['ja', 1, '1 か月後'],
    ['ja', 3, '3 か月後'],
  ])('in %s, %i', async (language, count, text) => {
    const catalogue = await import(`../locales/${language}/ui.json`);
    const texts = i18next.createInstance();
    await texts.init({
      lng: language,
      keySeparator: false,
      resources: { [language]: { ui: catalogue.default } },
      ns: ['ui'],
      defaultNS: 'ui',
    });
    expect(texts.t('chart.monthsAfter' as never, { count })).toBe(text);
  });
});
