import { Group, NumberInput, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { wrongsOf } from './check';
import { costOf } from './cost';
import { isOfUse, type PriceDraft, priceOf } from './draft';
import { type Rhythm, useInterval } from './words';

interface CostPreviewProps {
  typed: readonly PriceDraft[];
  currency: string;
  rhythm: Rhythm;
}

/** What a customer would pay for the prices as they are typed, for seats and use that can be tried. */
export function CostPreview({ typed, currency, rhythm }: CostPreviewProps) {
  const { t } = useTranslation('money');
  const { money } = useFormats();
  const interval = useInterval();
  const [seats, setSeats] = useState(5);
  const [used, setUsed] = useState(100);
  const prices = typed.map((price) => ({ ...price, sent: priceOf(price, currency, '') }));
  const counts = (kinds: readonly string[]) => typed.some(({ kind }) => kinds.includes(kind));
  const total = (once: boolean) =>
    prices
      .filter(({ kind }) => (kind === 'one_off') === once)
      .reduce((sum, { sent }) => sum + costOf(sent, seats, used), 0);
  const first = total(true);
  // Before every amount is one, a sum would be of something that nobody meant.
  const known = wrongsOf(typed, currency).size === 0;
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
          {typed.some(({ kind }) => isOfUse(kind)) && (
            <NumberInput
              label={t('cost.used')}
              min={0}
              value={used}
              onChange={(value) => setUsed(Number(value) || 0)}
            />
          )}
        </Group>
        <Group justify="space-between">
          <Text size="sm">{interval(rhythm)}</Text>
          <Text fw={680} size="lg" aria-live="polite">
            {known ? money({ minor: total(false), currency }) : '–'}
          </Text>
        </Group>
        {known && first > 0 && (
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
