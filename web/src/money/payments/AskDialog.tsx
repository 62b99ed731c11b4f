import { Switch, Textarea } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paymentsCreatePayment } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { minorOf } from '../../ui/amounts';
import { useProblemForm } from '../../ui/useProblemForm';
import { AmountField } from '../parts/AmountField';
import { CustomerField } from '../parts/CustomerField';
import { Sheet, SheetForm } from '../parts/Sheet';

interface AskDialogProps {
  opened: boolean;
  onClose: () => void;
  /** Who pays, where that is known already. */
  customer?: string;
}

/** Ask somebody for an amount; the payment then has a link to send. */
export function AskDialog({ opened, onClose, customer }: AskDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('ask.title')}>
      <AskForm onClose={onClose} customer={customer} />
    </Sheet>
  );
}

function AskForm({ onClose, customer }: { onClose: () => void; customer: string | undefined }) {
  const { t } = useTranslation('money');
  const { headers, slug, currency } = useBusiness();
  const navigate = useNavigate();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { customer_id: customer ?? '', amount: '', description: '', now: true },
    validate: {
      customer_id: (value) => (value === '' ? t('ask.whoMissing') : null),
      amount: (value) => ((minorOf(value, currency) ?? 0) > 0 ? null : t('amountMissing')),
      description: (value) => (value.trim() === '' ? t('ask.whatMissing') : null),
    },
  });
  const ask = useCommand({
    send: ({ now, ...values }: typeof form.values, attempt) =>
      paymentsCreatePayment({
        headers: { ...headers, ...attempt.headers },
        body: {
          customer_id: values.customer_id,
          amount: { minor: minorOf(values.amount, currency) ?? 0, currency },
          description: values.description.trim(),
          capture: now,
        },
      }),
    onSuccess: ({ id }) => {
      onClose();
      void navigate({ to: '/console/$slug/money/payments/$paymentId', params: { slug, paymentId: id } });
    },
    onError: refused,
  });
  return (
    <SheetForm
      onSubmit={form.onSubmit((values) => {
        forget();
        ask.mutate(values);
      })}
      onClose={onClose}
      problem={problem}
      busy={ask.isPending}
      deed={t('ask.deed')}
    >
      {customer === undefined && (
        <CustomerField
          value={form.values.customer_id || null}
          onChange={(chosen) => form.setFieldValue('customer_id', chosen ?? '')}
          error={form.errors.customer_id as string | undefined}
        />
      )}
      <AmountField label={t('amount')} currency={currency} withAsterisk {...form.getInputProps('amount')} />
      <Textarea
        label={t('ask.what')}
        description={t('ask.whatHint')}
        autosize
        minRows={2}
        maxLength={500}
        withAsterisk
        {...form.getInputProps('description')}
      />
      <Switch
        label={t('ask.now')}
        description={t('ask.nowHint')}
        {...form.getInputProps('now', { type: 'checkbox' })}
      />
    </SheetForm>
  );
}
