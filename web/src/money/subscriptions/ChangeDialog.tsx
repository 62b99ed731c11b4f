import { NumberInput, SegmentedControl, Select, Skeleton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { billingPreviewChange } from '../../api';
import { billingListPlansOptions } from '../../api/@tanstack/react-query.gen';
import { ApiProblem } from '../../client';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import type { SubscriptionDetail } from '../billing';
import { Sheet, SheetForm } from '../parts/Sheet';
import { useChange, type Wanted } from './commands';
import { PreviewTable } from './PreviewTable';

const TYPING_MS = 400;
const MOST_PLANS = 100;

interface ChangeDialogProps {
  detail: SubscriptionDetail;
  opened: boolean;
  onClose: () => void;
}

/** Another plan or other seats, now or at renewal, with what each comes to before it is done. */
export function ChangeDialog({ detail, opened, onClose }: ChangeDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('change.title')} size={560}>
      <ChangeForm detail={detail} onClose={onClose} />
    </Sheet>
  );
}

function ChangeForm({ detail: { subscription, plan }, onClose }: Omit<ChangeDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const [chosen, setChosen] = useState(plan.id);
  const [quantity, setQuantity] = useState(subscription.quantity);
  const [when, setWhen] = useState<'now' | 'renewal'>('now');
  const change = useChange(subscription.id);
  const plans = useQuery(billingListPlansOptions({ headers, query: { limit: MOST_PLANS } }));
  const changed = chosen !== plan.id || quantity !== subscription.quantity;
  const wanted: Wanted = {
    // At renewal both are said, or what is arranged of them would stay.
    ...((chosen !== plan.id || when === 'renewal') && { plan_id: chosen }),
    ...((quantity !== subscription.quantity || when === 'renewal') && { quantity }),
    when,
  };
  const [settled] = useDebouncedValue(changed ? JSON.stringify(wanted) : null, TYPING_MS);
  const preview = useQuery({
    queryKey: ['money', 'change', headers, subscription.id, subscription.version, settled],
    queryFn: async ({ signal }) =>
      (
        await billingPreviewChange({
          headers,
          path: { subscription_id: subscription.id },
          body: JSON.parse(settled ?? '{}') as Wanted,
          signal,
        })
      ).data,
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const choices = (plans.data?.items ?? [])
    .filter((one) => one.plan.id === plan.id || (one.plan.active && one.plan.currency === plan.currency))
    .map((one) => ({ value: one.plan.id, label: one.plan.name }));
  return (
    <SheetForm
      onSubmit={() => change.mutate(wanted, { onSuccess: onClose })}
      onClose={onClose}
      problem={change.error}
      busy={change.isPending}
      disabled={!changed}
      deed={t(when === 'now' ? 'change.deedNow' : 'change.deedRenewal')}
    >
      <Select
        label={t('subscriptions.plan')}
        data={choices.length === 0 ? [{ value: plan.id, label: plan.name }] : choices}
        value={chosen}
        onChange={(value) => setChosen(value ?? plan.id)}
        allowDeselect={false}
      />
      <NumberInput
        label={t('subscriptions.seats')}
        min={1}
        max={100_000}
        allowDecimal={false}
        value={quantity}
        onChange={(value) => setQuantity(Math.max(1, Number(value) || 1))}
      />
      <SegmentedControl
        fullWidth
        aria-label={t('change.when')}
        data={[
          { value: 'now', label: t('change.now') },
          { value: 'renewal', label: t('change.renewal') },
        ]}
        value={when}
        onChange={(value) => setWhen(value === 'renewal' ? 'renewal' : 'now')}
      />
      <div aria-live="polite">
        {preview.error instanceof ApiProblem ? (
          <FormError problem={preview.error} />
        ) : changed && preview.data !== undefined ? (
          <PreviewTable preview={preview.data} />
        ) : (
          changed && <Skeleton height={120} radius="md" />
        )}
      </div>
    </SheetForm>
  );
}
