import { expect, it } from 'vitest';
import { currencyOf, guessPlace, movedTo, timezonesOf } from './guess';

it.each([
  [['es-PE'], 'America/Lima', 'PE', 'PEN'],
  // A telephone in English of the United States, in Lima.
  [['en-US', 'en'], 'America/Lima', 'PE', 'PEN'],
  [['nl-NL'], 'Europe/Amsterdam', 'NL', 'EUR'],
  [['ja'], 'Asia/Tokyo', 'JP', 'JPY'],
  [['en-IN', 'hi'], 'Asia/Kolkata', 'IN', 'INR'],
  [['en-US'], 'America/New_York', 'US', 'USD'],
  [['pt-BR'], 'America/Sao_Paulo', 'BR', 'BRL'],
])('guesses from %j at %s', (languages, timezone, country, currency) => {
  expect(guessPlace(languages, timezone)).toEqual({ country, currency, timezone });
});

it('goes by the language where the clock says nothing', () => {
  expect(guessPlace(['es-MX'], 'Etc/Unknown')).toMatchObject({ country: 'MX', currency: 'MXN' });
  expect(guessPlace(['nonsense_!', 'eo'], 'Etc/Unknown')).toMatchObject({ country: 'US', currency: 'USD' });
});

it('moves money and clock along with the country', () => {
  const lima = { country: 'PE', currency: 'PEN', timezone: 'America/Lima' };
  expect(movedTo('JP', lima)).toEqual({ country: 'JP', currency: 'JPY', timezone: 'Asia/Tokyo' });
  const madrid = movedTo('ES', lima);
  expect(madrid.currency).toBe('EUR');
  expect(timezonesOf('ES')).toContain(madrid.timezone);
  // Whoever is in the second zone of a country stays there.
  const canary = { country: 'ES', currency: 'EUR', timezone: 'Atlantic/Canary' };
  expect(movedTo('ES', canary)).toEqual(canary);
});

it('knows the money of every country that pays with one', () => {
  for (const [country, currency] of [
    ['GB', 'GBP'],
    ['CH', 'CHF'],
    ['PA', 'USD'],
    ['BT', 'BTN'],
    ['XX', 'USD'],
  ] as const) {
    expect(currencyOf(country)).toBe(currency);
  }
});
