import { SegmentedControl, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { minorOf, typedOf } from '../../ui/amounts';
import { useFormats } from '../../ui/format';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { AmountField } from '../parts/AmountField';
import { Sheet, SheetForm } from '../parts/Sheet';
import type { Payment } from '../types';
import { useRefund } from './commands';

interface RefundDialogProps {
  payment: Payment;
  opened: boolean;
  onClose: () => void;
}

/** Give money back: all that is left, or a part of it. */
export function RefundDialog({ payment, opened, onClose }: RefundDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('refund.title')}>
      <RefundForm payment={payment} onClose={onClose} />
    </Sheet>
  );
}

function RefundForm({ payment, onClose }: Omit<RefundDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { money } = useFormats();
  const notice = useNotice();
  const refund = useRefund(payment.id);
  const [part, setPart] = useState<'all' | 'part'>('all');
  const { minor: most, currency } = payment.refundable;
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { amount: typedOf(most, currency), reason: '' },
    validate: {
      amount: (value) => {
        const minor = minorOf(value, currency);
        return minor !== null && minor > 0 && minor <= most
          ? null
          : t('refund.tooMuch', { most: money(payment.refundable) });
      },
      reason: (value) => (value.trim() === '' ? t('refund.reasonMissing') : null),
    },
  });
  const minor = part === 'all' ? most : minorOf(form.values.amount, currency);
  return (
    <SheetForm
      onSubmit={form.onSubmit(({ reason }) => {
        forget();
        refund.mutate(
          { minor: part === 'all' ? null : minor, currency, reason: reason.trim() },
          {
            onSuccess: ({ status }) => {
              notice(t(status === 'succeeded' ? 'refund.done' : 'refund.underWay'));
              onClose();
            },
            onError: refused,
          },
        );
      })}
      onClose={onClose}
      problem={problem}
      busy={refund.isPending}
      deed={minor === null ? t('refund.label') : t('refund.deed', { amount: money({ minor, currency }) })}
      danger
    >
      <SegmentedControl
        fullWidth
        aria-label={t('refund.how')}
        data={[
          { value: 'all', label: t('refund.all') },
          { value: 'part', label: t('refund.part') },
        ]}
        value={part}
        onChange={(chosen) => {
          setPart(chosen === 'part' ? 'part' : 'all');
          if (chosen === 'all') form.setFieldValue('amount', typedOf(most, currency));
        }}
      />
      {part === 'part' && (
        <AmountField
          label={t('amount')}
          description={t('refund.most', { most: money(payment.refundable) })}
          currency={currency}
          data-autofocus
          {...form.getInputProps('amount')}
        />
      )}
      <Textarea
        label={t('refund.reason')}
        description={t('refund.reasonHint')}
        autosize
        minRows={2}
        maxLength={500}
        withAsterisk
        {...form.getInputProps('reason')}
      />
      <Text size="sm" c="dimmed">
        {t('refund.note')}
      </Text>
    </SheetForm>
  );
}
