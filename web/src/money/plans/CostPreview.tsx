import { Group, NumberInput, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { costOf } from './cost';
import { isOfUse, type PlanDraft, priceOf } from './draft';
import { useInterval } from './words';

/** What a customer would pay for the plan as it is typed, for seats and use that can be tried. */
export function CostPreview({ plan }: { plan: PlanDraft }) {
  const { t } = useTranslation('money');
  const { currency } = useBusiness();
  const { money } = useFormats();
  const interval = useInterval();
  const [seats, setSeats] = useState(5);
  const [used, setUsed] = useState(100);
  const prices = plan.prices.map((price) => ({ ...price, sent: priceOf(price, currency, plan.name) }));
  const counts = (kinds: readonly string[]) => plan.prices.some(({ kind }) => kinds.includes(kind));
  const total = (once: boolean) =>
    prices
      .filter(({ kind }) => (kind === 'one_off') === once)
      .reduce((sum, { sent }) => sum + costOf(sent, seats, used), 0);
  const first = total(true);
  return (
    <Paper withBorder p="md" radius="md" component="section" aria-label={t('cost.title')}>
      <Stack gap="xs">
        <Text fw={650}>{t('cost.title')}</Text>
        <Group gap="sm" grow>
          {counts(['per_seat', 'tiered_seats']) && (
            <NumberInput
              label={t('cost.seats')}
              min={0}
              value={seats}
              onChange={(value) => setSeats(Number(value) || 0)}
            />
          )}
          {plan.prices.some(({ kind }) => isOfUse(kind)) && (
            <NumberInput
              label={t('cost.used')}
              min={0}
              value={used}
              onChange={(value) => setUsed(Number(value) || 0)}
            />
          )}
        </Group>
        <Group justify="space-between">
          <Text size="sm">{interval({ interval: plan.interval, interval_count: plan.intervalCount })}</Text>
          <Text fw={680} size="lg" aria-live="polite">
            {money({ minor: total(false), currency })}
          </Text>
        </Group>
        {first > 0 && (
          <Group justify="space-between">
            <Text size="sm">{t('cost.once')}</Text>
            <Text>{money({ minor: first, currency })}</Text>
          </Group>
        )}
        <Text size="xs" c="dimmed">
          {t('cost.note')}
        </Text>
      </Stack>
    </Paper>
  );
}
