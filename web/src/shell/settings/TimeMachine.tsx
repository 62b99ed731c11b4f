import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { IconPlayerStop, IconPlayerTrackNext } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tenantsMoveClock } from '../../api';
import { tenantsShowClockOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { useSaid } from '../said';
import { useBusiness } from '../session';

const DAY = 86_400;
const WEEKS = 52;
/** Jumps that are offered, in days. */
const JUMPS = [
  { days: 1, label: 'clock.day' },
  { days: 7, label: 'clock.week' },
  { days: 30, label: 'clock.month' },
] as const;

/** The clock of a business in a demonstration: moved forward, whatever becomes due is lived through by the real code. */
export function TimeMachine() {
  const { t } = useTranslation('people');
  const said = useSaid();
  const business = useBusiness();
  const client = useQueryClient();
  const { moment } = useFormats({ timezone: business.timezone });
  const [weeks, setWeeks] = useState<number | null>(null);
  const stopped = useRef(false);
  useEffect(
    () => () => {
      stopped.current = true;
    },
    [],
  );
  const place = { path: { tenant_id: business.tenant }, headers: business.headers };
  const clock = useQuery({
    ...tenantsShowClockOptions(place),
    refetchInterval: ({ state }) => (state.data?.working || weeks !== null ? 700 : 30_000),
  });
  const move = useCommand({
    send: (days: number, attempt) =>
      tenantsMoveClock({
        path: place.path,
        body: { forward_seconds: days * DAY },
        headers: { ...business.headers, ...attempt.headers },
      }),
    onSuccess: () => clock.refetch(),
  });
  const caughtUp = async () => {
    while (!stopped.current && (await clock.refetch()).data?.working !== false)
      await new Promise((resolve) => setTimeout(resolve, 300));
  };
  const liveAYear = async () => {
    stopped.current = false;
    try {
      for (let week = 0; week < WEEKS && !stopped.current; week += 1) {
        setWeeks(week);
        await move.mutateAsync(7);
        await caughtUp();
      }
    } catch {
      // What went wrong stands above the buttons.
    } finally {
      setWeeks(null);
      await client.invalidateQueries();
    }
  };
  if (clock.data?.movable !== true) return null;
  const busy = move.isPending || weeks !== null;
  return (
    <Panel title={t('clock')} description={t('clock.description')}>
      <Stack gap="md">
        <FormError problem={move.error && said(move.error)} />
        <Text aria-live="polite">
          {t('clock.now', { moment: moment(clock.data.now) })}{' '}
          {clock.data.working && (
            <Text span c="dimmed">
              {t('clock.working')}
            </Text>
          )}
        </Text>
        {weeks !== null && (
          <Progress.Root size="lg">
            <Progress.Section
              value={(100 * weeks) / WEEKS}
              animated
              aria-label={t('clock.living', { count: weeks, of: WEEKS })}
            />
          </Progress.Root>
        )}
        <Group gap="sm">
          {JUMPS.map(({ days, label }) => (
            <Button
              key={days}
              variant="default"
              leftSection={<IconPlayerTrackNext size={16} aria-hidden="true" />}
              disabled={busy}
              onClick={() => move.mutate(days)}
            >
              {t(label)}
            </Button>
          ))}
          {weeks === null ? (
            <Button variant="light" disabled={busy} onClick={liveAYear}>
              {t('clock.year')}
            </Button>
          ) : (
            <Button
              variant="light"
              color="red"
              leftSection={<IconPlayerStop size={16} aria-hidden="true" />}
              onClick={() => {
                stopped.current = true;
              }}
            >
              {t('clock.stop')}
            </Button>
          )}
        </Group>
      </Stack>
    </Panel>
  );
}
