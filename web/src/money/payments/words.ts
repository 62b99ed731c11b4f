/** Payments in plain words: how somebody pays, why the bank refused. */

import { useTranslation } from 'react-i18next';

interface Paid {
  method_kind: string | null;
  method_brand: string | null;
  method_last4: string | null;
}

const WRITTEN: Readonly<Record<string, string>> = {
  amex: 'American Express',
  rupay: 'RuPay',
  jcb: 'JCB',
  upi: 'UPI',
};

/** A provider's word as people write it: "visa" is Visa. */
export const written = (word: string): string =>
  WRITTEN[word.toLowerCase()] ?? word.charAt(0).toUpperCase() + word.slice(1).replaceAll('_', ' ');

/** With what a payment was made, such as "Visa ···· 4242"; null while nobody tried. */
export function useMethodName(): (payment: Paid) => string | null {
  const { t } = useTranslation('money');
  return ({ method_kind, method_brand, method_last4 }) => {
    const kind =
      method_kind === 'card' ? t('method.card') : method_kind === null ? null : written(method_kind);
    const name = method_brand === null ? kind : written(method_brand);
    if (name === null) return null;
    return method_last4 === null ? name : `${name} ···· ${method_last4}`;
  };
}
