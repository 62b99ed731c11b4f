import { NumberInput, SimpleGrid, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { billingIssueInvoice } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { minorOf } from '../../ui/amounts';
import { useProblemForm } from '../../ui/useProblemForm';
import { AmountField } from '../parts/AmountField';
import { CustomerField } from '../parts/CustomerField';
import { forget as forgetLists } from '../parts/forget';
import { Sheet, SheetForm } from '../parts/Sheet';

interface BillDialogProps {
  opened: boolean;
  onClose: () => void;
  customer?: string;
}

/** Bill somebody for one thing by hand. */
export function BillDialog({ opened, onClose, customer }: BillDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('bill.title')}>
      <BillForm onClose={onClose} customer={customer} />
    </Sheet>
  );
}

function BillForm({ onClose, customer }: { onClose: () => void; customer: string | undefined }) {
  const { t } = useTranslation('money');
  const { headers, slug, currency } = useBusiness();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { customer_id: customer ?? '', amount: '', description: '', tax: 0, due_on: '', memo: '' },
    validate: {
      customer_id: (value) => (value === '' ? t('ask.whoMissing') : null),
      amount: (value) => ((minorOf(value, currency) ?? 0) > 0 ? null : t('amountMissing')),
      description: (value) => (value.trim() === '' ? t('ask.whatMissing') : null),
    },
  });
  const bill = useCommand({
    send: (values: typeof form.values, attempt) =>
      billingIssueInvoice({
        headers: { ...headers, ...attempt.headers },
        body: {
          customer_id: values.customer_id,
          lines: [
            {
              description: values.description.trim(),
              unit_amount: { minor: minorOf(values.amount, currency) ?? 0, currency },
              tax_basis_points: Math.round(values.tax * 100),
            },
          ],
          ...(values.due_on && { due_on: values.due_on }),
          ...(values.memo.trim() && { memo: values.memo.trim() }),
        },
      }),
    onSuccess: ({ id }) => {
      forgetLists(client, ['billingListInvoices']);
      onClose();
      void navigate({ to: '/console/$slug/money/invoices/$invoiceId', params: { slug, invoiceId: id } });
    },
    onError: refused,
  });
  return (
    <SheetForm
      onSubmit={form.onSubmit((values) => {
        forget();
        bill.mutate(values);
      })}
      onClose={onClose}
      problem={problem}
      busy={bill.isPending}
      deed={t('bill.deed')}
    >
      {customer === undefined && (
        <CustomerField
          value={form.values.customer_id || null}
          onChange={(chosen) => form.setFieldValue('customer_id', chosen ?? '')}
          error={form.errors.customer_id as string | undefined}
        />
      )}
      <TextInput label={t('ask.what')} maxLength={500} withAsterisk {...form.getInputProps('description')} />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <AmountField
          label={t('bill.net')}
          currency={currency}
          withAsterisk
          {...form.getInputProps('amount')}
        />
        <NumberInput
          label={t('bill.tax')}
          suffix=" %"
          min={0}
          max={100}
          decimalScale={2}
          hideControls
          {...form.getInputProps('tax')}
        />
      </SimpleGrid>
      <TextInput
        label={t('invoices.dueOn')}
        description={t('bill.dueHint')}
        type="date"
        {...form.getInputProps('due_on')}
      />
      <Textarea label={t('bill.memo')} autosize maxLength={1000} {...form.getInputProps('memo')} />
    </SheetForm>
  );
}
