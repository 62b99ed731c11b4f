/** What can be done about a payment; every command shows its outcome at once. */

import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import {
  paymentsCancelPayment,
  paymentsCapturePayment,
  paymentsCreateLink,
  paymentsCreateRefund,
  paymentsRefreshPayment,
} from '../../api';
import { paymentsShowPaymentQueryKey } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { useNotice } from '../../ui/useNotice';

/** Asks again for what a command changed: the payment itself, and the lists that hold it. */
function useAgain(paymentId: string) {
  const client = useQueryClient();
  const { headers } = useBusiness();
  return () =>
    Promise.all([
      client.invalidateQueries({
        queryKey: paymentsShowPaymentQueryKey({ headers, path: { payment_id: paymentId } }),
      }),
      client.invalidateQueries({
        predicate: ({ queryKey: [first] }) =>
          ['paymentsListPayments', 'paymentsShowSummary'].includes((first as { _id?: string })._id ?? ''),
        refetchType: 'none',
      }),
    ]);
}

/** Asks the provider how a payment stands. */
export function useRefreshPayment(paymentId: string) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const again = useAgain(paymentId);
  const notice = useNotice();
  return useCommand({
    send: (_: null) => paymentsRefreshPayment({ headers, path: { payment_id: paymentId } }),
    onSuccess: async () => {
      await again();
      notice(t('payment.asked'));
    },
  });
}

export function useCapturePayment(paymentId: string) {
  const { headers } = useBusiness();
  const again = useAgain(paymentId);
  return useCommand({
    send: (_: null) => paymentsCapturePayment({ headers, path: { payment_id: paymentId } }),
    onSuccess: again,
  });
}

export function useCancelPayment(paymentId: string) {
  const { headers } = useBusiness();
  const again = useAgain(paymentId);
  return useCommand({
    send: (_: null) => paymentsCancelPayment({ headers, path: { payment_id: paymentId } }),
    onSuccess: again,
  });
}

export interface Returned {
  /** All that is left when absent. */
  minor: number | null;
  currency: string;
  reason: string;
}

export function useRefund(paymentId: string) {
  const { headers } = useBusiness();
  const again = useAgain(paymentId);
  return useCommand({
    send: ({ minor, currency, reason }: Returned, attempt) =>
      paymentsCreateRefund({
        headers: { ...headers, ...attempt.headers },
        path: { payment_id: paymentId },
        body: { reason, ...(minor === null ? {} : { amount: { minor, currency } }) },
      }),
    onSuccess: again,
  });
}

export function useMakeLink(paymentId: string) {
  const { headers } = useBusiness();
  return useCommand({
    send: (_: null, attempt) =>
      paymentsCreateLink({ headers: { ...headers, ...attempt.headers }, path: { payment_id: paymentId } }),
  });
}
