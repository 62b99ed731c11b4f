/** What a poster looks like and says, in the address: a colleague who opens it prints the same. */

import { isLanguage, type Language } from '../../../i18n';

export const LOOKS = ['calm', 'bold', 'plain'] as const;
export type Look = (typeof LOOKS)[number];
export const PAPERS = ['A4', 'A5'] as const;
export type Paper = (typeof PAPERS)[number];

export interface PosterSearch {
  program?: string;
  look?: Exclude<Look, 'calm'>;
  paper?: Exclude<Paper, 'A4'>;
  lang?: Language;
  headline?: string;
  reward?: string;
}

export const MOST_HEADLINE = 80;
export const MOST_REWARD = 120;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Words from an address; a number that was typed there arrives as one. */
const words = (raw: unknown, most: number) =>
  typeof raw === 'string' || typeof raw === 'number' ? String(raw).slice(0, most) : '';

export function posterSearch(raw: Record<string, unknown>): PosterSearch {
  const headline = words(raw.headline, MOST_HEADLINE);
  const reward = words(raw.reward, MOST_REWARD);
  return {
    ...(typeof raw.program === 'string' && ID.test(raw.program) && { program: raw.program }),
    ...((raw.look === 'bold' || raw.look === 'plain') && { look: raw.look }),
    ...(raw.paper === 'A5' && { paper: raw.paper }),
    ...(typeof raw.lang === 'string' && isLanguage(raw.lang) && { lang: raw.lang }),
    ...(headline !== '' && { headline }),
    ...(reward !== '' && { reward }),
  };
}

/** Where a poster leads: to the business's first program, or to another one by its id. */
export function joinAddress(slug: string, program?: string, origin: string = window.location.origin): string {
  return `${origin}/join/${slug}${program === undefined ? '' : `?program=${program}`}`;
}
