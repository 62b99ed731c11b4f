/** Every catalogue says what the English one says: the same keys, the same placeholders, all plurals of its language. */

import { describe, expect, it } from 'vitest';

type Catalogue = Record<string, string>;

const files = import.meta.glob<Catalogue>('./*/*.json', { eager: true, import: 'default' });
const catalogue = (language: string, name: string): Catalogue | undefined =>
  files[`./${language}/${name}.json`];
const names = Object.keys(files)
  .filter((path) => path.startsWith('./en/'))
  .map((path) => path.slice(5, -5));

/** English and Spanish say everything; what every page needs is said in all five. */
const EVERYWHERE = new Set(['shell', 'people', 'ui', 'poster', 'pay', 'own']);
/** The catalogue of the page that shows the design to developers. */
const ENGLISH_ONLY = new Set(['design']);

const wanted = names.flatMap((name) =>
  (ENGLISH_ONLY.has(name)
    ? ['en']
    : EVERYWHERE.has(name)
      ? ['en', 'es', 'nl', 'hi', 'ja']
      : ['en', 'es']
  ).map((language) => [language, name] as const),
);

const FORM = /_(zero|one|two|few|many|other)$/;
const placeholders = (text: string) =>
  [...text.matchAll(/\{\{\s*([^},\s]+)/g)].map(([, name]) => name).sort();

/** Refusals in the reader's language; the English ones are the api's own sentences, and need none here. */
const isSaid = (key: string) => key.startsWith('said.');

/** Keys as the code calls them, without the ending of a plural. */
const called = (texts: Catalogue) =>
  [
    ...new Set(
      Object.keys(texts)
        .filter((key) => !isSaid(key))
        .map((key) => key.replace(FORM, '')),
    ),
  ].sort();
const isPlural = (english: Catalogue, key: string) => `${key}_other` in english;

describe.each(wanted)('%s/%s', (language, name) => {
  const english = catalogue('en', name) ?? {};
  const texts = catalogue(language, name) ?? {};

  it('has the keys of the English catalogue', () => {
    expect(called(texts)).toEqual(called(english));
  });

  it('has every plural form of its language, and no other', () => {
    const forms = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
    for (const key of called(english)) {
      const found = Object.keys(texts)
        .filter((one) => FORM.test(one) && one.replace(FORM, '') === key)
        .map((one) => FORM.exec(one)?.[1])
        .sort();
      expect(found, key).toEqual(isPlural(english, key) ? forms : []);
    }
  });

  it('has the placeholders of the English catalogue', () => {
    for (const [key, text] of Object.entries(texts)) {
      const base = key.replace(FORM, '');
      const model = english[key] ?? english[`${base}_other`] ?? '';
      const missing = placeholders(model).filter((one) => !placeholders(text).includes(one));
      const unknown = placeholders(text).filter((one) => !placeholders(model).includes(one));
      // "One card" needs no figure.
      const forgiven = FORM.test(key) && !key.endsWith('_other') ? ['count', 'number'] : [];
      expect(
        missing.filter((one) => one === undefined || !forgiven.includes(one)),
        key,
      ).toEqual([]);
      expect(unknown, key).toEqual([]);
    }
  });

  it('says something for every key', () => {
    for (const [key, text] of Object.entries(texts)) expect(text.trim(), key).not.toBe('');
  });
});

describe('translations', () => {
  /** Names, and words that are the same in several languages. */
  const MOST_ALIKE = 0.2;

  it.each(wanted.filter(([language]) => language !== 'en'))('%s/%s is not English', (language, name) => {
    const english = catalogue('en', name) ?? {};
    const texts = Object.entries(catalogue(language, name) ?? {});
    const alike = texts.filter(([key, text]) => text === english[key] && /\p{Letter}{3}/u.test(text));
    expect(alike.length / texts.length).toBeLessThan(MOST_ALIKE);
  });
});
