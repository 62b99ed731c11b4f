/** Amounts of money as people type them. */

/** How many digits the currency has behind the point: 2 for PEN, 0 for JPY. */
export const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/**
 * What was typed, in minor units; null when it is no amount. The last point or comma parts the fraction, unless there
 * stand more digits behind it than the currency has: "1.234,5" and "1,234.50" are both one thousand and some.
 */
export function minorOf(typed: string, currency: string): number | null {
  const text = typed.replace(/[\s'’\u00a0\u202f]/g, '');
  if (!/^\d[\d.,]*$/.test(text)) return null;
  const digits = digitsOf(currency);
  const cut = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
  const behind = cut < 0 ? '' : text.slice(cut + 1);
  const parts = cut >= 0 && behind.length <= digits;
  const whole = (parts ? text.slice(0, cut) : text).replace(/[.,]/g, '');
  const minor = Number(whole + (parts ? behind : '').padEnd(digits, '0'));
  return Number.isSafeInteger(minor) && minor <= 1e15 ? minor : null;
}

/** An amount as its field shows it, which `minorOf` reads back: 1250 céntimos as "12.50". */
export function typedOf(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  const text = Math.abs(minor)
    .toString()
    .padStart(digits + 1, '0');
  const sign = minor < 0 ? '-' : '';
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
