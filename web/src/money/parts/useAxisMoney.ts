import { useTranslation } from 'react-i18next';

/** Writes amounts beside the axis of a chart, short and without what is behind the comma; the table has them whole. */
export function useAxisMoney(currency: string): (minor: number) => string {
  const { i18n } = useTranslation();
  const style = { style: 'currency', currency } as const;
  const digits = new Intl.NumberFormat(i18n.language, style).resolvedOptions().maximumFractionDigits ?? 2;
  const short = new Intl.NumberFormat(i18n.language, {
    ...style,
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumFractionDigits: 1,
  });
  return (minor) => short.format(minor / 10 ** digits);
}
