import { NumberInput, Select, Skeleton, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { billingCreateSubscription, billingPreviewSubscription } from '../../api';
import { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import type { WholePlan } from '../billing';
import { CustomerField } from '../parts/CustomerField';
import { forget } from '../parts/forget';
import { Sheet, SheetForm } from '../parts/Sheet';
import { PreviewTable } from './PreviewTable';

const TYPING_MS = 400;

interface SubscribeDialogProps {
  opened: boolean;
  onClose: () => void;
  plans: readonly WholePlan[];
  customer?: string;
}

/** Subscribe a customer, with what it costs now and next before anybody agrees. */
export function SubscribeDialog({ opened, onClose, ...form }: SubscribeDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('subscribe.title')} size={560}>
      <SubscribeForm onClose={onClose} {...form} />
    </Sheet>
  );
}

function SubscribeForm({ onClose, plans, customer }: Omit<SubscribeDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { headers, slug } = useBusiness();
  const navigate = useNavigate();
  const client = useQueryClient();
  const sold = plans.filter(({ plan }) => plan.active);
  const [who, setWho] = useState<string | null>(customer ?? null);
  const [plan, setPlan] = useState<string | null>(sold[0]?.plan.id ?? null);
  const [quantity, setQuantity] = useState(1);
  const [coupon, setCoupon] = useState('');
  const body =
    who === null || plan === null
      ? null
      : { customer_id: who, plan_id: plan, quantity, ...(coupon.trim() && { coupon: coupon.trim() }) };
  const [settled] = useDebouncedValue(body === null ? null : JSON.stringify(body), TYPING_MS);
  const preview = useQuery({
    queryKey: ['money', 'subscribe', headers, settled],
    queryFn: async ({ signal }) =>
      (await billingPreviewSubscription({ headers, body: JSON.parse(settled ?? '{}'), signal })).data,
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const begin = useCommand({
    send: (wanted: NonNullable<typeof body>, attempt) =>
      billingCreateSubscription({ headers: { ...headers, ...attempt.headers }, body: wanted }),
    onSuccess: ({ id }) => {
      void forget(client, ['billingListSubscriptions', 'billingListInvoices']);
      onClose();
      void navigate({
        to: '/console/$slug/money/subscriptions/$subscriptionId',
        params: { slug, subscriptionId: id },
      });
    },
  });
  return (
    <SheetForm
      onSubmit={() => {
        if (body !== null) begin.mutate(body);
      }}
      onClose={onClose}
      problem={begin.error}
      busy={begin.isPending}
      disabled={body === null}
      deed={t('subscribe.deed')}
    >
      {customer === undefined && <CustomerField value={who} onChange={setWho} />}
      <Select
        label={t('subscriptions.plan')}
        data={sold.map((one) => ({ value: one.plan.id, label: one.plan.name }))}
        value={plan}
        onChange={setPlan}
        allowDeselect={false}
        nothingFoundMessage={t('plans.none')}
      />
      <NumberInput
        label={t('subscriptions.seats')}
        min={1}
        max={100_000}
        allowDecimal={false}
        value={quantity}
        onChange={(value) => setQuantity(Math.max(1, Number(value) || 1))}
      />
      <TextInput
        label={t('subscribe.coupon')}
        maxLength={100}
        value={coupon}
        onChange={(event) => setCoupon(event.currentTarget.value)}
      />
      <div aria-live="polite">
        {preview.error instanceof ApiProblem ? (
          <FormError problem={preview.error} />
        ) : preview.data !== undefined ? (
          <PreviewTable preview={preview.data} />
        ) : (
          settled !== null && <Skeleton height={120} radius="md" />
        )}
      </div>
    </SheetForm>
  );
}
