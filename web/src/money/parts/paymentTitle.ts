import { useTranslation } from 'react-i18next';

interface Paid {
  purpose: string;
  description: string;
}

/** The number of the invoice that a payment is for; what providers are told of it is in one language. */
export const invoiceNumber = ({ purpose, description }: Paid): string | undefined =>
  purpose === 'billing.invoice' ? /\d{4}-\d{6,}/.exec(description)?.[0] : undefined;

/** What a payment is for, in the language of whoever reads it. */
export function usePaymentTitle(): (payment: Paid) => string {
  const { t } = useTranslation('money');
  return (payment) => {
    const number = invoiceNumber(payment);
    return number === undefined ? payment.description : t('invoice.numbered', { number });
  };
}
