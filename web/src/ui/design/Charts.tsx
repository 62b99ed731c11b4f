import { SimpleGrid } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CohortTable } from '../charts/CohortTable';
import { HourChart } from '../charts/HourChart';
import { RetentionCurve } from '../charts/RetentionCurve';
import { TrendChart } from '../charts/TrendChart';
import { Panel } from '../Panel';

const wave = (at: number, period: number) => Math.sin((at / period) * Math.PI * 2);
const DAYS = Array.from({ length: 30 }, (_, at) => ({
  day: new Date(Date.UTC(2026, 4, 1 + at)).toISOString().slice(0, 10),
  visits: Math.round(60 + 22 * wave(at, 7) + at),
  enrolled: Math.round(8 + 4 * wave(at, 9)),
}));
const HOURS = Array.from({ length: 14 }, (_, at) => ({
  hour: at + 7,
  value: at < 8 ? Math.round(14 + 9 * wave(at, 5)) : 0,
  usual: Math.round(12 + 7 * wave(at, 6)),
}));
const CURVE = Array.from({ length: 12 }, (_, at) => ({
  month_number: at,
  share: 0.25 + 0.75 * Math.exp(-at / 2.2),
  members: 900 - at * 60,
}));
const COHORTS = Array.from({ length: 12 }, (_, at) => ({
  month: new Date(Date.UTC(2025, 5 + at, 1)).toISOString().slice(0, 10),
  members: 120 + at * 7,
  returned: Array.from({ length: 12 - at }, (_, after) =>
    Math.round((120 + at * 7) * (0.22 + 0.78 * Math.exp(-after / (1.8 + at / 8)))),
  ),
}));

/** Charts in the palette of the tokens. */
export function Charts() {
  const { t } = useTranslation('design');
  return (
    <Panel title={t('charts')}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <TrendChart
          label="Visits and new members, day by day"
          data={DAYS}
          series={[
            { key: 'visits', label: 'Visits' },
            { key: 'enrolled', label: 'New members' },
          ]}
        />
        <HourChart label="Visits by hour" hours={HOURS} valueLabel="Today" usualLabel="Usually" />
        <RetentionCurve label="Retention" curve={CURVE} />
        <TrendChart label="Nothing yet" data={[]} series={[{ key: 'visits', label: 'Visits' }]} />
      </SimpleGrid>
      <CohortTable label="Members by month of their first visit" cohorts={COHORTS} />
    </Panel>
  );
}
