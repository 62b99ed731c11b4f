import { useTranslation } from 'react-i18next';
import type { Refusal } from './entries';

/** Problems whose title says nothing that the detail does not say better. */
const PLAIN = ['problems.not-found', 'problems.invalid', 'loyalty.phones.not-a-phone'];

export type Said = [headline: string, more: string | null];

/** A refusal as a headline and what more there is to say: the api's own sentences, or ours where it speaks English only. */
export function useSaid(): (refusal: Refusal) => Said {
  const { t, i18n } = useTranslation('stamper');
  return ({ code, title, detail }) => {
    const key = `said.${code}`;
    if (!i18n.language.startsWith('en') && i18n.exists(key, { ns: 'stamper' }))
      return [t(key as 'title'), null];
    return detail !== null && (PLAIN.includes(code) || title === '') ? [detail, null] : [title, detail];
  };
}

export const inOne = (said: Said) => said.filter(Boolean).join(' ');
