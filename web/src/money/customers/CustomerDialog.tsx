import { SimpleGrid, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paymentsAddPayer, paymentsChangePayer } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { useProblemForm } from '../../ui/useProblemForm';
import { forget as askAgain } from '../parts/forget';
import { Sheet, SheetForm } from '../parts/Sheet';
import type { Payer } from '../types';

interface CustomerDialogProps {
  opened: boolean;
  onClose: () => void;
  /** Who is corrected; somebody new when absent. */
  customer?: Payer;
}

/** Add somebody who pays, or correct what is known of them. */
export function CustomerDialog({ opened, onClose, customer }: CustomerDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet
      opened={opened}
      onClose={onClose}
      title={t(customer === undefined ? 'customer.add' : 'customer.correct')}
    >
      <CustomerForm onClose={onClose} customer={customer} />
    </Sheet>
  );
}

function CustomerForm({ onClose, customer }: { onClose: () => void; customer: Payer | undefined }) {
  const { t } = useTranslation('money');
  const { t: common } = useTranslation('ui');
  const { headers, slug } = useBusiness();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { form, problem, refused, forget } = useProblemForm({
    mode: 'uncontrolled',
    initialValues: {
      name: customer?.name ?? '',
      email: customer?.email ?? '',
      phone: customer?.phone ?? '',
      tax_id: customer?.tax_id ?? '',
    },
    validate: { name: (value) => (value.trim() === '' ? t('customer.nameMissing') : null) },
  });
  const save = useCommand({
    send: (values: ReturnType<typeof form.getValues>, attempt) => {
      const body = {
        name: values.name.trim(),
        email: values.email.trim() || null,
        phone: values.phone.trim() || null,
        tax_id: values.tax_id.trim() || null,
      };
      const where = { headers: { ...headers, ...attempt.headers } };
      return customer === undefined
        ? paymentsAddPayer({ ...where, body })
        : paymentsChangePayer({ ...where, path: { customer_id: customer.id }, body });
    },
    onSuccess: async ({ id }) => {
      await askAgain(client, ['paymentsListPayers', 'paymentsShowPayer']);
      onClose();
      if (customer === undefined)
        void navigate({ to: '/console/$slug/money/customers/$customerId', params: { slug, customerId: id } });
    },
    onError: refused,
  });
  return (
    <SheetForm
      onSubmit={form.onSubmit((values) => {
        forget();
        save.mutate(values);
      })}
      onClose={onClose}
      problem={problem}
      busy={save.isPending}
      deed={customer === undefined ? t('customer.add') : common('save')}
    >
      <TextInput
        label={t('customer.name')}
        maxLength={200}
        withAsterisk
        data-autofocus
        key={form.key('name')}
        {...form.getInputProps('name')}
      />
      <TextInput
        label={t('customer.email')}
        type="email"
        maxLength={320}
        key={form.key('email')}
        {...form.getInputProps('email')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t('customer.phone')}
          type="tel"
          maxLength={40}
          key={form.key('phone')}
          {...form.getInputProps('phone')}
        />
        <TextInput
          label={t('customer.taxId')}
          maxLength={60}
          key={form.key('tax_id')}
          {...form.getInputProps('tax_id')}
        />
      </SimpleGrid>
    </SheetForm>
  );
}
