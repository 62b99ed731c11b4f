import { useTranslation } from 'react-i18next';
import { invoiceNumber } from '../parts/paymentTitle';
import type { Payment } from './api';

/** What a payment was for; an invoice is called so in the reader's language. */
export function usePaymentTitle(): (payment: Pick<Payment, 'purpose' | 'description'>) => string {
  const { t } = useTranslation('own');
  return (payment) => {
    const number = invoiceNumber(payment);
    return number === undefined ? payment.description : t('invoice.title', { number });
  };
}
