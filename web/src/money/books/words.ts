/** Books and units in words, and what is counted in them. */

import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';

const CURRENCY = /^[A-Z]{3}$/;

export function useBookWords() {
  const { t, i18n } = useTranslation('payouts');
  const { money, count } = useFormats();
  return {
    /** A book as people call it; one that has no word here keeps its own. */
    named: (word: string) => {
      const known = word.startsWith('stamp:') ? 'book.stamps' : `book.${word}`;
      return i18n.exists(known, { ns: 'payouts' }) ? t(known as 'book.stamps') : word;
    },
    /** An amount of money, or a number of whatever else is counted. */
    amount: (minor: number, unit: string) =>
      CURRENCY.test(unit) ? money({ minor, currency: unit }) : count(minor),
  };
}
