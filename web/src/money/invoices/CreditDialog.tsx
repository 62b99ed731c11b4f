import { Switch, Text, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { minorOf, typedOf } from '../../ui/amounts';
import { useFormats } from '../../ui/format';
import { useProblemForm } from '../../ui/useProblemForm';
import type { Invoice } from '../billing';
import { AmountField } from '../parts/AmountField';
import { Sheet, SheetForm } from '../parts/Sheet';
import { useCredit } from './commands';

interface CreditDialogProps {
  invoice: Invoice;
  opened: boolean;
  onClose: () => void;
}

/** Correct an invoice by a credit note: some or all of it, perhaps with the money back. */
export function CreditDialog({ opened, onClose, invoice }: CreditDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('credit.title')}>
      <CreditForm invoice={invoice} onClose={onClose} />
    </Sheet>
  );
}

function CreditForm({ invoice, onClose }: Omit<CreditDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { money } = useFormats();
  const credit = useCredit(invoice.id);
  const { currency } = invoice.total;
  const most = invoice.total.minor - invoice.credited.minor;
  const limit = money({ minor: most, currency });
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { amount: typedOf(most, currency), reason: '', refund: invoice.paid.minor > 0 },
    validate: {
      amount: (value) => {
        const minor = minorOf(value, currency);
        return minor !== null && minor > 0 && minor <= most ? null : t('refund.tooMuch', { most: limit });
      },
      reason: (value) => (value.trim() === '' ? t('refund.reasonMissing') : null),
    },
  });
  return (
    <SheetForm
      onSubmit={form.onSubmit(({ amount, reason, refund }) => {
        forget();
        credit.mutate(
          { amount: { minor: minorOf(amount, currency) ?? 0, currency }, reason: reason.trim(), refund },
          { onSuccess: onClose, onError: refused },
        );
      })}
      onClose={onClose}
      problem={problem}
      busy={credit.isPending}
      deed={t('credit.deed')}
    >
      <Text size="sm">{t('credit.message')}</Text>
      <AmountField
        label={t('amount')}
        description={t('refund.most', { most: limit })}
        currency={currency}
        {...form.getInputProps('amount')}
      />
      <Textarea
        label={t('refund.reason')}
        description={t('credit.reasonHint')}
        autosize
        minRows={2}
        maxLength={500}
        withAsterisk
        {...form.getInputProps('reason')}
      />
      {invoice.paid.minor > 0 && (
        <Switch
          label={t('credit.refund')}
          description={t('credit.refundHint')}
          {...form.getInputProps('refund', { type: 'checkbox' })}
        />
      )}
    </SheetForm>
  );
}
