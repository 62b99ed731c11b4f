import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconRefresh } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  billingListPlansOptions,
  billingListSubscriptionsInfiniteOptions,
} from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { SUBSCRIPTION_STATES, subscriptionFilter } from '../address';
import { SubscriptionBadge } from '../parts/badges';
import { Choice, Filters } from '../parts/Filters';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { SubscribeDialog } from './SubscribeDialog';

const route = getRouteApi('/console/$slug/money/subscriptions');
const PAGE = 50;
const MOST_PLANS = 100;

/** Who pays again and again: what for, how it stands, and until when it is paid. */
export function Subscriptions() {
  const { t } = useTranslation('money');
  const { headers, slug, may } = useBusiness();
  const { day, count } = useFormats();
  const filter = route.useSearch();
  const { status, plan } = filter;
  const navigate = useNavigate();
  const [beginning, begin] = useDisclosure(false);
  const plans = useQuery(billingListPlansOptions({ headers, query: { limit: MOST_PLANS } }));
  const question = {
    headers,
    query: {
      limit: PAGE,
      ...(status === undefined ? {} : { status }),
      ...(plan === undefined ? {} : { plan }),
    },
  };
  const subscriptions = useInfiniteQuery({
    ...billingListSubscriptionsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
    placeholderData: keepPreviousData,
  });
  const show = (changed: Record<string, unknown>) =>
    void navigate({
      to: '/console/$slug/money/subscriptions',
      params: { slug },
      search: subscriptionFilter({ ...filter, ...changed }),
      replace: true,
    });
  const add = may('billing.manage') && (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={begin.open}>
      {t('subscribe.label')}
    </Button>
  );
  return (
    <Page title={t('subscriptions.title')} description={t('subscriptions.description')} actions={add}>
      <Panel flush>
        <Filters>
          <Choice
            label={t('payments.status')}
            all={t('payments.anyStatus')}
            options={SUBSCRIPTION_STATES.map((value) => ({ value, label: t(`subscription.state.${value}`) }))}
            value={status}
            onChange={(chosen) => show({ status: chosen })}
          />
          <Choice
            label={t('subscriptions.plan')}
            all={t('subscriptions.anyPlan')}
            options={(plans.data?.items ?? []).map((one) => ({ value: one.plan.id, label: one.plan.name }))}
            value={plan}
            onChange={(chosen) => show({ plan: chosen })}
          />
        </Filters>
        <List
          query={subscriptions}
          columns={[
            {
              key: 'who',
              header: t('payments.column.who'),
              cell: ({ customer_name }) => <span className={classes.strong}>{customer_name}</span>,
            },
            { key: 'plan', header: t('subscriptions.plan'), cell: ({ plan_name }) => plan_name },
            {
              key: 'status',
              header: t('payments.status'),
              cell: ({ status: state }) => <SubscriptionBadge status={state} />,
            },
            {
              key: 'seats',
              header: t('subscriptions.seats'),
              align: 'right',
              cell: ({ quantity }) => count(quantity),
            },
            {
              key: 'until',
              header: t('subscriptions.renews'),
              align: 'right',
              cell: ({ period_to, ended_on }) =>
                ended_on === null && period_to !== null ? day(period_to) : '–',
            },
          ]}
          rowKey={({ id }) => id}
          rowHref={({ id }) => `/console/${slug}/money/subscriptions/${id}`}
          caption={t('subscriptions.title')}
          mobile={(one) => (
            <span className={classes.card}>
              <span className={classes.strong}>{one.customer_name}</span>
              <SubscriptionBadge status={one.status} />
              <span className={classes.faint}>{one.plan_name}</span>
              <span className={classes.faint}>
                {one.ended_on === null && one.period_to !== null && day(one.period_to)}
              </span>
            </span>
          )}
          onClear={
            status !== undefined || plan !== undefined
              ? () => show({ status: undefined, plan: undefined })
              : undefined
          }
          empty={
            <Empty
              icon={<IconRefresh size={36} stroke={1.5} aria-hidden="true" />}
              title={t('subscriptions.none')}
              action={add}
            >
              {t('subscriptions.noneText')}
            </Empty>
          }
        />
      </Panel>
      <SubscribeDialog opened={beginning} onClose={begin.close} plans={plans.data?.items ?? []} />
    </Page>
  );
}
