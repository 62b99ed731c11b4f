import { useTranslation } from 'react-i18next';
import { StatusBadge } from '../../ui/StatusBadge';
import {
  INVOICE_TONES,
  invoiceState,
  PAYMENT_TONES,
  paymentState,
  SUBSCRIPTION_TONES,
  subscriptionState,
} from './standing';

/** How a payment stands, in a word; refunds and disputes included. */
export function PaymentBadge({ shown }: { shown: string }) {
  const { t } = useTranslation('money');
  const state = paymentState(shown);
  return <StatusBadge tone={PAYMENT_TONES[state]}>{t(`payment.state.${state}`)}</StatusBadge>;
}

/** How an invoice stands, in a word. */
export function InvoiceBadge({ invoice }: { invoice: { status: string; overdue: boolean } }) {
  const { t } = useTranslation('money');
  const state = invoiceState(invoice);
  return <StatusBadge tone={INVOICE_TONES[state]}>{t(`invoice.state.${state}`)}</StatusBadge>;
}

/** How a subscription stands, in a word. */
export function SubscriptionBadge({ status }: { status: string }) {
  const { t } = useTranslation('money');
  const state = subscriptionState(status);
  return <StatusBadge tone={SUBSCRIPTION_TONES[state]}>{t(`subscription.state.${state}`)}</StatusBadge>;
}
