/** What is wrong with prices as they are typed, field by field, before the api would refuse or misread them. */

import { digitsOf, minorOf } from '../../ui/amounts';
import { isOfUse, isTiered, type PriceDraft } from './draft';

export type Wrong = 'amount' | 'negative' | 'decimals' | 'metric' | 'upTo';
/** By the key of a price or a tier and its field, as `at` names them. */
export type Wrongs = ReadonlyMap<string, Wrong>;

export const NOTHING_WRONG: Wrongs = new Map();
export const at = (key: string, field: 'amount' | 'metric' | 'upTo' | 'unit' | 'flat') => `${key}.${field}`;

/** Thousands, or lakhs and crores, in groups that one and the same sign parts. */
const GROUPED = /^\d{1,3}([.,])(?:\d{2,3}\1)*\d{3}$/;
const GROUPED_OFTEN = /^\d{1,3}([.,])(?:\d{2,3}\1)+\d{3}$/;

/**
 * What is wrong with an amount. "12.345" is refused although it could mean twelve thousand: nobody notices a price that
 * is a thousand times too high until a customer has paid it.
 */
export function wrongAmount(typed: string, currency: string): Wrong | null {
  const text = typed.replace(/[\s'’\u00a0\u202f]/g, '');
  if (/^[-−–]\s*[\d.,]/.test(text)) return 'negative';
  if (minorOf(text, currency) === null) return 'amount';
  const cut = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
  if (cut < 0) return null;
  const digits = digitsOf(currency);
  if (text.length - cut - 1 > digits)
    return GROUPED_OFTEN.test(text) || (digits === 0 && GROUPED.test(text)) ? null : 'decimals';
  const whole = text.slice(0, cut);
  const grouped = GROUPED.exec(whole);
  return /^\d+$/.test(whole) || (grouped !== null && grouped[1] !== text[cut]) ? null : 'amount';
}

/** What the api takes for the name of something that is counted. */
const METRIC = /^[a-z][a-z0-9_.]{0,39}$/;

function wrongTiers({ tiers }: PriceDraft, currency: string, wrongs: Map<string, Wrong>) {
  let below = 0;
  tiers.forEach(({ key, upTo, unit, flat }, index) => {
    const top = Number(upTo);
    if (index < tiers.length - 1) {
      if (top > below) below = top;
      else wrongs.set(at(key, 'upTo'), 'upTo');
    }
    // A tier may cost only by the unit or only once, but somebody must have said so.
    const nothing = unit.trim() === '' && flat.trim() === '';
    const wrongUnit = unit.trim() === '' && !nothing ? null : wrongAmount(unit, currency);
    const wrongFlat = flat.trim() === '' ? null : wrongAmount(flat, currency);
    if (wrongUnit !== null) wrongs.set(at(key, 'unit'), wrongUnit);
    if (wrongFlat !== null) wrongs.set(at(key, 'flat'), wrongFlat);
  });
}

/** Everything that is wrong with these prices; empty when they can be sent. */
export function wrongsOf(prices: readonly PriceDraft[], currency: string): Wrongs {
  const wrongs = new Map<string, Wrong>();
  for (const price of prices) {
    if (isOfUse(price.kind) && !METRIC.test(price.metric.trim()))
      wrongs.set(at(price.key, 'metric'), 'metric');
    if (isTiered(price.kind)) wrongTiers(price, currency, wrongs);
    else {
      const wrong = wrongAmount(price.amount, currency);
      if (wrong !== null) wrongs.set(at(price.key, 'amount'), wrong);
    }
  }
  return wrongs;
}
