import { Group } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { loyaltyShowMetricsOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { USUAL_WINDOW, type Window, windowAndProgram } from './address';
import { DashboardSkeleton } from './dashboard/DashboardSkeleton';
import { FirstDay } from './dashboard/FirstDay';
import { Overview } from './dashboard/Overview';
import { ProgramSelect } from './ProgramSelect';
import { WindowControl } from './WindowControl';

const route = getRouteApi('/console/$slug/loyalty');

/** How the café is doing, as it happens. */
export function Dashboard() {
  const { t } = useTranslation('loyalty');
  const business = useBusiness();
  const { time } = useFormats({ timezone: business.timezone });
  const { days = USUAL_WINDOW, program } = route.useSearch();
  const navigate = route.useNavigate();
  const metrics = useQuery({
    ...loyaltyShowMetricsOptions({
      headers: business.headers,
      query: { window_days: days, ...(program === undefined ? {} : { program_id: program }) },
    }),
    placeholderData: keepPreviousData,
  });
  const show = (changed: { days?: Window; program?: string | undefined }) =>
    void navigate({ search: (before) => windowAndProgram({ ...before, ...changed }), replace: true });
  const isNew = metrics.data?.members === 0 && program === undefined;
  return (
    <Page
      title={t('dashboard.title')}
      description={
        metrics.data === undefined || isNew
          ? undefined
          : t('dashboard.asOf', { time: time(metrics.data.as_of) })
      }
      actions={
        isNew ? undefined : (
          <Group gap="sm">
            <ProgramSelect value={program} onChange={(chosen) => show({ program: chosen })} />
            <WindowControl value={days} onChange={(chosen) => show({ days: chosen })} />
          </Group>
        )
      }
    >
      <Loaded
        query={metrics}
        skeleton={<DashboardSkeleton />}
        isEmpty={(data) => data.members === 0 && program === undefined}
        empty={<FirstDay />}
      >
        {(data) => <Overview metrics={data} program={program} stale={metrics.isPlaceholderData} />}
      </Loaded>
    </Page>
  );
}
