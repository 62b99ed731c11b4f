import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { useFormats } from '../../ui/format';
import { isCancellable } from '../parts/standing';
import type { Payment } from '../types';
import { useCancelPayment, useCapturePayment } from './commands';
import { RefundDialog } from './RefundDialog';

/** What can be done about a payment as it stands: take it, let it go, give it back. */
export function PaymentActions({ payment }: { payment: Payment }) {
  const { t } = useTranslation('money');
  const { may } = useBusiness();
  const { money } = useFormats();
  const [refunding, refund] = useDisclosure(false);
  const capture = useCapturePayment(payment.id);
  const cancel = useCancelPayment(payment.id);
  const amount = money(payment.amount);
  return (
    <>
      {isCancellable(payment.status) && may('payments.take') && (
        <ConfirmButton
          label={t('cancel.label')}
          title={t('cancel.title')}
          message={t(payment.status === 'authorized' ? 'cancel.authorizedMessage' : 'cancel.message', {
            amount,
          })}
          confirm={t('cancel.deed')}
          danger
          onConfirm={() => cancel.mutateAsync(null)}
        />
      )}
      {payment.status === 'authorized' && may('payments.take') && (
        <ConfirmButton
          variant="filled"
          label={t('capture.label', { amount })}
          title={t('capture.title')}
          message={t('capture.message', { amount })}
          confirm={t('capture.label', { amount })}
          onConfirm={() => capture.mutateAsync(null)}
        />
      )}
      {payment.refundable.minor > 0 && may('payments.refund') && (
        <Button
          variant="default"
          leftSection={<IconArrowBackUp size={18} aria-hidden="true" />}
          onClick={refund.open}
        >
          {t('refund.label')}
        </Button>
      )}
      <RefundDialog payment={payment} opened={refunding} onClose={refund.close} />
    </>
  );
}
