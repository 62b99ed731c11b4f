import { describe, expect, it } from 'vitest';

type Catalogue = Record<string, string>;

const files = import.meta.glob<Catalogue>('./texts/*.json', { eager: true, import: 'default' });
const languages = Object.keys(files).map((path) => path.slice(8, -5));
const texts = (language: string) => files[`./texts/${language}.json`] ?? {};
const english = texts('en');

const FORM = /_(zero|one|two|few|many|other)$/;
const called = (catalogue: Catalogue) =>
  [...new Set(Object.keys(catalogue).map((key) => key.replace(FORM, '')))].sort();
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

it('speaks five languages', () => {
  expect(languages.sort()).toEqual(['en', 'es', 'hi', 'ja', 'nl']);
});

describe.each(languages)('the card in %s', (language) => {
  const catalogue = texts(language);

  it('says everything that it says in English', () => {
    expect(called(catalogue)).toEqual(called(english));
    for (const [key, text] of Object.entries(catalogue)) expect(text.trim(), key).not.toBe('');
  });

  it('has every plural form of its language, and no other', () => {
    const forms = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
    for (const key of called(english)) {
      const found = Object.keys(catalogue)
        .filter((one) => FORM.test(one) && one.replace(FORM, '') === key)
        .map((one) => FORM.exec(one)?.[1])
        .sort();
      expect(found, key).toEqual(`${key}_other` in english ? forms : []);
    }
  });

  it('fills in what the English text fills in', () => {
    for (const [key, text] of Object.entries(catalogue)) {
      const model = english[key] ?? english[`${key.replace(FORM, '')}_other`] ?? '';
      // "One card" needs no figure.
      const needed = placeholders(model).filter((name) => key.endsWith('_other') || name !== 'count');
      expect(placeholders(text), key).toEqual(expect.arrayContaining(needed));
      expect(placeholders(model), key).toEqual(
        expect.arrayContaining(placeholders(text).filter((name) => name !== 'count')),
      );
    }
  });
});
