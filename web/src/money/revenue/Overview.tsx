import { SegmentedControl, Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  billingShowRevenueOptions,
  paymentsListConnectionsOptions,
  paymentsShowSummaryOptions,
} from '../../api/@tanstack/react-query.gen';
import { LinkButton } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { onlyWindow, USUAL_WINDOW, WINDOWS } from '../address';
import { Attention } from './Attention';
import { PaymentFigures } from './PaymentFigures';
import { RevenueFigures } from './RevenueFigures';

const route = getRouteApi('/console/$slug/money');
const MONTHS = 12;

/** How the money is doing: what came in, what is owed, what needs a look, and where it is going. */
export function Overview() {
  const { t } = useTranslation('money');
  const { headers, slug, may } = useBusiness();
  const { days = USUAL_WINDOW } = route.useSearch();
  const navigate = useNavigate();
  const summary = useQuery({
    ...paymentsShowSummaryOptions({ headers, query: { days } }),
    placeholderData: keepPreviousData,
  });
  const revenue = useQuery({
    ...billingShowRevenueOptions({ headers, query: { months: MONTHS } }),
    enabled: may('billing.read'),
  });
  const connections = useQuery(paymentsListConnectionsOptions({ headers }));
  if (connections.data?.items.length === 0)
    return (
      <Page title={t('overview.title')}>
        <Empty
          title={t('overview.begin')}
          action={
            <LinkButton to="/console/$slug/money/connections" params={{ slug }} mt="sm">
              {t('overview.connect')}
            </LinkButton>
          }
        >
          {t('overview.beginText')}
        </Empty>
      </Page>
    );
  return (
    <Page
      title={t('overview.title')}
      description={t('overview.description')}
      actions={
        <SegmentedControl
          aria-label={t('payments.when')}
          data={WINDOWS.map((value) => ({
            value: String(value),
            label: t('overview.days', { count: value }),
          }))}
          value={String(days)}
          onChange={(value) =>
            void navigate({
              to: '/console/$slug/money',
              params: { slug },
              search: onlyWindow({ days: value }),
              replace: true,
            })
          }
        />
      }
    >
      <Loaded query={summary} skeleton={<Skeleton height={420} radius="lg" />}>
        {({ items }) => (
          <>
            <Attention summaries={items} revenues={revenue.data?.items ?? []} />
            {items.map((one) => (
              <PaymentFigures key={one.currency} summary={one} days={days} alone={items.length === 1} />
            ))}
          </>
        )}
      </Loaded>
      {may('billing.read') && (
        <Loaded query={revenue} skeleton={<Skeleton height={420} radius="lg" />}>
          {({ items }) => items.map((one) => <RevenueFigures key={one.currency} revenue={one} />)}
        </Loaded>
      )}
    </Page>
  );
}
