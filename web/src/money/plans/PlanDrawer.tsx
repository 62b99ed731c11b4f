import { NumberInput, Select, SimpleGrid, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { billingCreatePlan } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { forget } from '../parts/forget';
import { CostPreview } from './CostPreview';
import { newPlan, type PlanDraft, planOf } from './draft';
import { PriceList } from './PriceList';
import { SideButtons, SideSheet } from './SideSheet';
import { useChecked } from './useChecked';

const INTERVALS = ['day', 'week', 'month', 'year'] as const;

/** Make a plan, with what a customer would pay for it while it is typed. */
export function PlanDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('money');
  return (
    <SideSheet opened={opened} onClose={onClose} title={t('plans.make')}>
      <PlanForm onClose={onClose} />
    </SideSheet>
  );
}

function PlanForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('money');
  const { headers, currency } = useBusiness();
  const client = useQueryClient();
  const [plan, setPlan] = useState(newPlan);
  const [nameMissing, setNameMissing] = useState(false);
  const { form, wrongs, check } = useChecked(plan.prices, currency);
  const change = (changed: Partial<PlanDraft>) => setPlan((before) => ({ ...before, ...changed }));
  const make = useCommand({
    send: (_: null, attempt) =>
      billingCreatePlan({ headers: { ...headers, ...attempt.headers }, body: planOf(plan, currency) }),
    onSuccess: async () => {
      await forget(client, ['billingListPlans']);
      onClose();
    },
  });
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setNameMissing(plan.name.trim() === '');
        if (check() && plan.name.trim() !== '') make.mutate(null);
      }}
    >
      <Stack gap="md">
        <FormError problem={make.error} />
        <TextInput
          label={t('plan.name')}
          maxLength={100}
          withAsterisk
          value={plan.name}
          error={nameMissing && t('plan.nameMissing')}
          onChange={(event) => change({ name: event.currentTarget.value })}
          data-autofocus
        />
        <Textarea
          label={t('plan.description')}
          autosize
          maxLength={500}
          value={plan.description}
          onChange={(event) => change({ description: event.currentTarget.value })}
        />
        <SimpleGrid cols={{ base: 2, xs: 3 }}>
          <NumberInput
            label={t('plan.every')}
            min={1}
            max={36}
            allowDecimal={false}
            value={plan.intervalCount}
            onChange={(value) => change({ intervalCount: Math.max(1, Number(value) || 1) })}
          />
          <Select
            label={t('plan.interval')}
            data={INTERVALS.map((value) => ({ value, label: t(`plan.unit.${value}`) }))}
            value={plan.interval}
            allowDeselect={false}
            onChange={(value) => change({ interval: INTERVALS.find((one) => one === value) ?? 'month' })}
          />
          <NumberInput
            label={t('plan.trialDays')}
            min={0}
            max={366}
            allowDecimal={false}
            value={plan.trialDays}
            onChange={(value) => change({ trialDays: Math.max(0, Number(value) || 0) })}
          />
        </SimpleGrid>
        <PriceList
          prices={plan.prices}
          currency={currency}
          wrongs={wrongs}
          onChange={(prices) => change({ prices })}
        />
        <CostPreview
          typed={plan.prices}
          currency={currency}
          rhythm={{ interval: plan.interval, interval_count: plan.intervalCount }}
        />
        <Switch
          label={t('plan.daily')}
          description={t('plan.dailyHint')}
          checked={plan.daily}
          onChange={(event) => change({ daily: event.currentTarget.checked })}
        />
        <Switch
          label={t('plan.pausable')}
          checked={plan.pausable}
          onChange={(event) => change({ pausable: event.currentTarget.checked })}
        />
        <Switch
          label={t('plan.public')}
          checked={plan.public}
          onChange={(event) => change({ public: event.currentTarget.checked })}
        />
        <SideButtons onClose={onClose} busy={make.isPending} deed={t('plan.deed')} />
      </Stack>
    </form>
  );
}
