import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core';
import { IconCalendarOff, IconParkingCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  billingShowSubscriptionOptions,
  paymentsShowPayerOptions,
} from '../../api/@tanstack/react-query.gen';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Money } from '../../ui/Money';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import type { SubscriptionDetail } from '../billing';
import { Back } from '../parts/Back';
import { SubscriptionBadge } from '../parts/badges';
import { Fact, Facts } from '../parts/Facts';
import classes from '../parts/parts.module.css';
import { useKeep, useRelease } from './commands';
import { Periods } from './Periods';
import { Bill } from './PreviewTable';
import { SubscriptionActions } from './SubscriptionActions';
import { Uncharged } from './Uncharged';

const route = getRouteApi('/console/$slug/money/subscriptions/$subscriptionId');

/** A subscription: its periods, what is charged next, and what can be changed about it. */
export function Subscription() {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const { day } = useFormats();
  const { subscriptionId } = route.useParams();
  const query = useQuery(
    billingShowSubscriptionOptions({ headers, path: { subscription_id: subscriptionId } }),
  );
  const detail = query.data?.detail;
  return (
    <Page
      title={detail?.plan.name ?? t('subscription.title')}
      description={
        detail !== undefined && (
          <span className={classes.under}>
            <span className={classes.amount}>
              <Money value={detail.monthly} />
            </span>
            {t('subscription.aMonth')}
            <SubscriptionBadge status={detail.subscription.status} />
          </span>
        )
      }
      back={<Back to="subscriptions">{t('subscriptions.title')}</Back>}
      actions={detail !== undefined && <SubscriptionActions detail={detail} />}
    >
      <Loaded query={query} skeleton={<Skeleton height={360} radius="lg" />}>
        {(found) => (
          <>
            <Notice detail={found.detail} />
            <div className={classes.columns}>
              <Periods periods={found.detail.periods} current={found.detail.subscription.period_id} />
              <div className={classes.beside}>
                <About detail={found.detail} />
                <Uncharged detail={found.detail} />
                {found.detail.subscription.ended_on === null && (
                  <Panel title={t('subscription.upcoming')}>
                    <Bill
                      title={
                        found.upcoming.next_on
                          ? t('preview.on', { day: day(found.upcoming.next_on) })
                          : t('preview.next')
                      }
                      totals={found.upcoming.next ?? found.upcoming.now}
                      nothing={t('preview.nothing')}
                    />
                  </Panel>
                )}
              </div>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** What somebody has to know before anything else: it is parked, or it ends. */
function Notice({ detail: { subscription } }: { detail: SubscriptionDetail }) {
  const { t } = useTranslation('money');
  const { may } = useBusiness();
  const { day } = useFormats();
  const release = useRelease(subscription.id);
  const keep = useKeep(subscription.id);
  if (subscription.status === 'parked')
    return (
      <Alert
        variant="light"
        color="red"
        icon={<IconParkingCircle aria-hidden="true" />}
        title={t('subscription.parked')}
      >
        <Stack gap="xs" align="flex-start">
          <FormError problem={release.error} />
          <Text size="sm">{t('subscription.parkedText')}</Text>
          {subscription.parked_reason !== null && (
            <Text size="sm" fw={600}>
              {subscription.parked_reason}
            </Text>
          )}
          {may('billing.manage') && (
            <Button
              size="xs"
              variant="default"
              loading={release.isPending}
              onClick={() => release.mutate(null)}
            >
              {t('subscription.release')}
            </Button>
          )}
        </Stack>
      </Alert>
    );
  if (subscription.paused_unpaid)
    return (
      <Alert variant="light" color="yellow" title={t('subscription.unpaid')}>
        <Text size="sm">{t('subscription.unpaidText')}</Text>
      </Alert>
    );
  if (subscription.cancel_at_end && subscription.period_to !== null)
    return (
      <Alert
        variant="light"
        color="yellow"
        icon={<IconCalendarOff aria-hidden="true" />}
        title={t('subscription.ends', { day: day(subscription.period_to) })}
      >
        <Stack gap="xs" align="flex-start">
          <FormError problem={keep.error} />
          <Text size="sm">{t('subscription.endsText')}</Text>
          {may('billing.manage') && (
            <Button size="xs" variant="default" loading={keep.isPending} onClick={() => keep.mutate(null)}>
              {t('subscription.keep')}
            </Button>
          )}
        </Stack>
      </Alert>
    );
  return null;
}

function About({ detail: { subscription, plan } }: { detail: SubscriptionDetail }) {
  const { t } = useTranslation('money');
  const { headers, slug } = useBusiness();
  const customer = useQuery(
    paymentsShowPayerOptions({ headers, path: { customer_id: subscription.customer_id } }),
  );
  const { day, count } = useFormats();
  const open = subscription.ended_on === null;
  return (
    <Panel title={t('subscription.about')}>
      <Facts>
        <Fact label={t('payments.column.who')}>
          <LinkText
            to="/console/$slug/money/customers/$customerId"
            params={{ slug, customerId: subscription.customer_id }}
          >
            {customer.data?.name ?? t('subscription.customer')}
          </LinkText>
        </Fact>
        <Fact label={t('subscriptions.plan')}>{plan.name}</Fact>
        <Fact label={t('subscriptions.seats')}>{count(subscription.quantity)}</Fact>
        <Fact label={t('subscription.since')}>{day(subscription.started_on)}</Fact>
        {subscription.trial_ends_on !== null && subscription.status === 'trialing' && (
          <Fact label={t('subscription.trialEnds')}>{day(subscription.trial_ends_on)}</Fact>
        )}
        {open && subscription.period_to !== null && (
          <Fact label={t(subscription.cancel_at_end ? 'subscription.until' : 'subscriptions.renews')}>
            {day(subscription.period_to)}
          </Fact>
        )}
        {subscription.ended_on !== null && (
          <Fact label={t('subscription.ended')}>{day(subscription.ended_on)}</Fact>
        )}
        {subscription.resumes_on !== null && (
          <Fact label={t('subscription.resumes')}>{day(subscription.resumes_on)}</Fact>
        )}
        {subscription.next_quantity !== null && subscription.next_quantity !== subscription.quantity && (
          <Fact label={t('subscription.seatsNext')}>{count(subscription.next_quantity)}</Fact>
        )}
        <Fact label={t('subscription.owner')}>{t(`subscription.owner.${subscription.owner}`)}</Fact>
      </Facts>
    </Panel>
  );
}
