/** The card's texts: one small catalogue of its own, because this page ships little script. */

import type en from './texts/en.json';

type Keys = keyof typeof en;
type WithoutPlural<Key> = Key extends `${infer Base}_${'one' | 'other'}` ? Base : Key;
export type Key = WithoutPlural<Keys>;
type Values = Record<string, string | number>;

export interface Texts {
  language: string;
  (key: Key, values?: Values): string;
}

const LANGUAGES = ['en', 'es', 'nl', 'hi', 'ja'];
const catalogues = import.meta.glob<{ default: Record<string, string> }>('./texts/*.json');

/** The language that the page speaks: the one chosen here before, else what the phone and the business have in common. */
export function spoken(ofBusiness: readonly string[] = []): string {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem('holdfast.language');
  } catch {
    // A browser that keeps nothing speaks the phone's language.
  }
  const wanted = [kept, ...navigator.languages.map((tag) => tag.split('-')[0]), ...ofBusiness];
  return wanted.find((language): language is string => LANGUAGES.includes(language ?? '')) ?? 'en';
}

export async function texts(language: string): Promise<Texts> {
  const catalogue = (await catalogues[`./texts/${language}.json`]?.())?.default ?? {};
  const plural = new Intl.PluralRules(language);
  const say = (key: Key, values: Values = {}) => {
    const form = typeof values.count === 'number' ? `${key}_${plural.select(values.count)}` : key;
    const text = catalogue[form] ?? catalogue[`${key}_other`] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  };
  return Object.assign(say, { language });
}
