import { useTranslation } from 'react-i18next';
import type { Payment } from './api';

/** What a payment was for; an invoice is called so in the reader's language. */
export function usePaymentTitle(): (payment: Pick<Payment, 'purpose' | 'description'>) => string {
  const { t } = useTranslation('own');
  return ({ purpose, description }) => {
    const number = purpose === 'billing.invoice' ? /\d{4}-\d{6,}/.exec(description)?.[0] : undefined;
    return number === undefined ? description : t('invoice.title', { number });
  };
}
