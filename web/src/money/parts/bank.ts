/** Bank accounts as people type them, looked at before they are sent, so that a slip is said in the reader's language. */

export type Way = 'iban' | 'account' | 'vpa';

export interface Typed {
  way: Way;
  holder: string;
  country: string;
  iban: string;
  bic: string;
  number: string;
  code: string;
  vpa: string;
}

export type Fault = 'holder' | 'country' | 'iban' | 'bic' | 'number' | 'code' | 'ifsc' | 'vpa';

const bare = (text: string) => text.replace(/[\s-]/g, '').toUpperCase();

/** Whether the check digits of an IBAN are right (ISO 7064, modulo 97). */
export function isIban(typed: string): boolean {
  const iban = bare(typed);
  if (!/^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/.test(iban)) return false;
  let rest = 0;
  for (const letter of iban.slice(4) + iban.slice(0, 4))
    rest = Number(`${rest}${Number.parseInt(letter, 36)}`) % 97;
  return rest === 1;
}

/** What is wrong with each field of the way that was chosen; an empty object when nothing is. */
export function faults(typed: Typed): Partial<Record<keyof Typed, Fault>> {
  const found: Partial<Record<keyof Typed, Fault>> = {};
  if (typed.holder.trim() === '') found.holder = 'holder';
  if (typed.way === 'iban') {
    if (!isIban(typed.iban)) found.iban = 'iban';
    if (typed.bic.trim() !== '' && !/^[A-Z]{6}[A-Z\d]{2}([A-Z\d]{3})?$/.test(bare(typed.bic)))
      found.bic = 'bic';
  } else if (typed.way === 'vpa') {
    if (!/^[\w.-]{2,100}@[A-Za-z]{2,40}$/.test(typed.vpa.trim())) found.vpa = 'vpa';
  } else {
    if (typed.country === '') found.country = 'country';
    if (!/^\d{5,34}$/.test(bare(typed.number))) found.number = 'number';
    if (typed.country === 'IN' && !/^[A-Z]{4}0[A-Z\d]{6}$/.test(bare(typed.code))) found.code = 'ifsc';
    else if (!/^[A-Z\d]{0,20}$/.test(bare(typed.code))) found.code = 'code';
  }
  return found;
}

/** What the api is sent: the fields of the way that was chosen, and none of the others. */
export function accountOf(typed: Typed) {
  const holder = typed.holder.trim();
  if (typed.way === 'vpa') return { holder, country: 'IN', vpa: typed.vpa.trim() };
  if (typed.way === 'account')
    return {
      holder,
      country: typed.country,
      account_number: bare(typed.number),
      bank_code: bare(typed.code),
    };
  const iban = bare(typed.iban);
  const bic = bare(typed.bic);
  return { holder, country: iban.slice(0, 2), iban, ...(bic !== '' && { bic }) };
}

/** Where an IBAN is what people know their account by. */
const WITH_IBAN = new Set(
  'EUR GBP CHF SEK NOK DKK ISK PLN CZK HUF RON BGN TRY AED SAR QAR KWD BHD ILS GEL UAH'.split(' '),
);

/** The way that most people have who are paid in a currency; the others are there to be chosen. */
export const waysOf = (currency: string): [Way, ...Way[]] =>
  WITH_IBAN.has(currency)
    ? ['iban', 'account']
    : currency === 'INR'
      ? ['account', 'vpa', 'iban']
      : ['account', 'iban'];

/** The codes of currencies begin with their country's; those of several countries, such as the euro, name none. */
export const countryOf = (currency: string, countries: readonly string[]): string =>
  countries.find((country) => country === currency.slice(0, 2)) ?? '';
