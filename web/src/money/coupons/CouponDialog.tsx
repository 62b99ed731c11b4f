import { NumberInput, SegmentedControl, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { billingMakeCoupon } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { minorOf } from '../../ui/amounts';
import { useProblemForm } from '../../ui/useProblemForm';
import { AmountField } from '../parts/AmountField';
import { forget as askAgain } from '../parts/forget';
import { Sheet, SheetForm } from '../parts/Sheet';

const DURATIONS = ['once', 'repeating', 'forever'] as const;
type Duration = (typeof DURATIONS)[number];

/** Make a code that takes something off. */
export function CouponDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('coupons.make')}>
      <CouponForm onClose={onClose} />
    </Sheet>
  );
}

function CouponForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('money');
  const { headers, currency } = useBusiness();
  const client = useQueryClient();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: {
      code: '',
      name: '',
      kind: 'percent' as 'percent' | 'amount',
      percent: 10 as number | string,
      amount: '',
      duration: 'once' as Duration,
      times: 3 as number | string,
      most: '' as number | string,
      expires: '',
    },
    validate: {
      code: (value) => (/^\S{2,}$/.test(value.trim()) ? null : t('coupon.codeMissing')),
      amount: (value, { kind }) =>
        kind === 'percent' || (minorOf(value, currency) ?? 0) > 0 ? null : t('amountMissing'),
      percent: (value, { kind }) =>
        kind === 'amount' || Number(value) > 0 ? null : t('coupon.percentMissing'),
    },
    fields: { basis_points: 'percent', max_redemptions: 'most', expires_at: 'expires' },
  });
  const make = useCommand({
    send: (values: typeof form.values, attempt) =>
      billingMakeCoupon({
        headers: { ...headers, ...attempt.headers },
        body: {
          code: values.code.trim().toUpperCase(),
          name: values.name.trim() || values.code.trim(),
          kind: values.kind,
          ...(values.kind === 'percent'
            ? { basis_points: Math.round(Number(values.percent) * 100) }
            : { amount: { minor: minorOf(values.amount, currency) ?? 0, currency } }),
          duration: values.duration,
          ...(values.duration === 'repeating' && { times: Number(values.times) || 1 }),
          ...(values.most !== '' && { max_redemptions: Number(values.most) }),
          ...(values.expires && { expires_at: new Date(`${values.expires}T23:59:59`).toISOString() }),
        },
      }),
    onSuccess: async () => {
      await askAgain(client, ['billingListCoupons']);
      onClose();
    },
    onError: refused,
  });
  return (
    <SheetForm
      onSubmit={form.onSubmit((values) => {
        forget();
        make.mutate(values);
      })}
      onClose={onClose}
      problem={problem}
      busy={make.isPending}
      deed={t('coupon.deed')}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t('coupon.code')}
          placeholder="WELCOME"
          maxLength={40}
          withAsterisk
          data-autofocus
          {...form.getInputProps('code')}
        />
        <TextInput label={t('coupon.name')} maxLength={100} {...form.getInputProps('name')} />
      </SimpleGrid>
      <SegmentedControl
        fullWidth
        aria-label={t('coupon.off')}
        data={[
          { value: 'percent', label: t('coupon.percent') },
          { value: 'amount', label: t('amount') },
        ]}
        {...form.getInputProps('kind')}
      />
      {form.values.kind === 'percent' ? (
        <NumberInput
          label={t('coupon.percent')}
          suffix=" %"
          min={0}
          max={100}
          decimalScale={2}
          {...form.getInputProps('percent')}
        />
      ) : (
        <AmountField label={t('amount')} currency={currency} {...form.getInputProps('amount')} />
      )}
      <Select
        label={t('coupon.long')}
        data={DURATIONS.map((value) => ({ value, label: t(`coupon.duration.${value}`) }))}
        allowDeselect={false}
        {...form.getInputProps('duration')}
      />
      {form.values.duration === 'repeating' && (
        <NumberInput
          label={t('coupon.howOften')}
          min={1}
          allowDecimal={false}
          {...form.getInputProps('times')}
        />
      )}
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          label={t('coupon.most')}
          description={t('coupon.mostHint')}
          min={1}
          allowDecimal={false}
          {...form.getInputProps('most')}
        />
        <TextInput
          label={t('coupon.expires')}
          description={t('coupon.expiresHint')}
          type="date"
          {...form.getInputProps('expires')}
        />
      </SimpleGrid>
    </SheetForm>
  );
}
