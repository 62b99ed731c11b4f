import { useTranslation } from 'react-i18next';

interface Named {
  kind?: string | null | undefined;
  brand?: string | null | undefined;
  last4?: string | null | undefined;
}

/** Names that are written in their own way; others get a capital letter. */
const BRANDS: Readonly<Record<string, string>> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'American Express',
  american_express: 'American Express',
  rupay: 'RuPay',
  jcb: 'JCB',
  upi: 'UPI',
  diners: 'Diners Club',
  unionpay: 'UnionPay',
};

/** A provider's word for a brand, as people know it. */
export function brandName(word: string): string {
  const known = BRANDS[word.toLowerCase().replace(/[\s-]+/g, '_')];
  return known ?? word.charAt(0).toUpperCase() + word.slice(1).replaceAll('_', ' ');
}

/** A way to pay, in words: "Visa ending in 4242". */
export function useMethodName(): (method: Named) => string {
  const { t } = useTranslation('pay');
  return ({ kind, brand, last4 }) => {
    const name =
      brand !== null && brand !== undefined && brand !== ''
        ? brandName(brand)
        : kind === 'card'
          ? t('method.card')
          : kind
            ? brandName(kind)
            : t('method.other');
    return last4 ? t('method.ending', { name, last4 }) : name;
  };
}
