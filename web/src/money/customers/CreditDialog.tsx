import { Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { billingGrantCredit } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { minorOf } from '../../ui/amounts';
import { useProblemForm } from '../../ui/useProblemForm';
import { AmountField } from '../parts/AmountField';
import { forget as askAgain } from '../parts/forget';
import { Sheet, SheetForm } from '../parts/Sheet';

interface CreditDialogProps {
  opened: boolean;
  onClose: () => void;
  customer: string;
}

/** Give a customer credit, which their next invoices use up. */
export function CreditDialog({ opened, onClose, customer }: CreditDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('grant.title')}>
      <CreditForm onClose={onClose} customer={customer} />
    </Sheet>
  );
}

function CreditForm({ onClose, customer }: Omit<CreditDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { headers, currency } = useBusiness();
  const client = useQueryClient();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { amount: '', reason: '' },
    validate: {
      amount: (value) => ((minorOf(value, currency) ?? 0) > 0 ? null : t('amountMissing')),
      reason: (value) => (value.trim() === '' ? t('refund.reasonMissing') : null),
    },
  });
  const grant = useCommand({
    send: (values: typeof form.values, attempt) =>
      billingGrantCredit({
        headers: { ...headers, ...attempt.headers },
        path: { customer_id: customer },
        body: {
          amount: { minor: minorOf(values.amount, currency) ?? 0, currency },
          reason: values.reason.trim(),
        },
      }),
    onSuccess: async () => {
      await askAgain(client, ['billingShowCredit']);
      onClose();
    },
    onError: refused,
  });
  return (
    <SheetForm
      onSubmit={form.onSubmit((values) => {
        forget();
        grant.mutate(values);
      })}
      onClose={onClose}
      problem={problem}
      busy={grant.isPending}
      deed={t('grant.deed')}
    >
      <Text size="sm">{t('grant.message')}</Text>
      <AmountField label={t('amount')} currency={currency} withAsterisk {...form.getInputProps('amount')} />
      <TextInput label={t('refund.reason')} maxLength={500} withAsterisk {...form.getInputProps('reason')} />
    </SheetForm>
  );
}
