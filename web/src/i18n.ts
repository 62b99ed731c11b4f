/**
 * All text comes from the catalogues in `locales/`, one file per language and part of the application. English is the
 * language of the keys' types and what a missing text falls back to.
 */

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type design from './locales/en/design.json';
import type loyalty from './locales/en/loyalty.json';
import type money from './locales/en/money.json';
import type own from './locales/en/own.json';
import type pay from './locales/en/pay.json';
import type payouts from './locales/en/payouts.json';
import type people from './locales/en/people.json';
import type poster from './locales/en/poster.json';
import type programs from './locales/en/programs.json';
import type shell from './locales/en/shell.json';
import type stamper from './locales/en/stamper.json';
import type ui from './locales/en/ui.json';

export const LANGUAGES = {
  en: 'English',
  es: 'Español',
  nl: 'Nederlands',
  hi: 'हिन्दी',
  ja: '日本語',
} as const;
export type Language = keyof typeof LANGUAGES;

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    keySeparator: false;
    resources: {
      design: typeof design;
      poster: typeof poster;
      programs: typeof programs;
      shell: typeof shell;
      ui: typeof ui;
      people: typeof people;
      loyalty: typeof loyalty;
      money: typeof money;
      own: typeof own;
      pay: typeof pay;
      payouts: typeof payouts;
      stamper: typeof stamper;
    };
  }
}

const KEPT = 'holdfast.language';
const catalogues = import.meta.glob<{ default: Record<string, string> }>('./locales/*/*.json');

export const isLanguage = (text: string | null | undefined): text is Language => (text ?? '') in LANGUAGES;

/** Whether this browser was told which language to speak. */
export const spokenHere = () => isLanguage(localStorage.getItem(KEPT));

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (isLanguage(kept)) return kept;
  for (const wanted of navigator.languages) {
    const language = wanted.split('-')[0];
    if (isLanguage(language)) return language;
  }
  return 'en';
}

/** Speak another language from now on, in this browser. */
export async function speak(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language);
  await i18next.changeLanguage(language);
}

export async function startTexts(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next
    .use(initReactI18next)
    .use({
      type: 'backend' as const,
      init: () => {},
      read: async (language: string, namespace: string) =>
        (await catalogues[`./locales/${language}/${namespace}.json`]?.())?.default ?? {},
    })
    .init({
      lng: preferred(),
      fallbackLng: 'en',
      ns: ['shell', 'ui'],
      defaultNS: 'shell',
      keySeparator: false,
      nsSeparator: ':',
      interpolation: { escapeValue: false },
      returnNull: false,
    });
}
