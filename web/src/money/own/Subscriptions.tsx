import { Group, Stack, Text, Title } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '../../shell/links';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { StatusBadge } from '../../ui/StatusBadge';
import { hasSeats } from '../billing';
import { usePriceWords } from './priceWords';
import classes from './Subscriptions.module.css';
import {
  plansOptions,
  STANDING_TONES,
  type Subscribed,
  subscriptionStanding,
  subscriptionsOptions,
} from './subscriptions';
import { useAccount } from './useAccount';

/** What somebody subscribes to at a business; what is over comes last. */
export function Subscriptions() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const query = useQuery(subscriptionsOptions(tenant));
  return (
    <Stack component="section" gap="sm" aria-labelledby="subscriptions">
      <Title order={2} size="h3" id="subscriptions">
        {t('subscriptions.title')}
      </Title>
      <Loaded query={query} isEmpty={(items) => items.length === 0} empty={<NoneYet />}>
        {(items) => (
          <ul className={classes.list}>
            {[...items].sort(runningFirst).map((one) => (
              <li key={one.subscription.id}>
                <One subscribed={one} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Stack>
  );
}

/** Nothing is subscribed to; what could be is shown, where the business offers something. */
function NoneYet() {
  const { t } = useTranslation('own');
  const { tenant_id: tenantId } = useAccount();
  const { data: offers = [] } = useQuery(plansOptions(tenantId));
  return (
    <Group gap="sm">
      <Text c="dimmed">{t('subscriptions.empty')}</Text>
      {offers.length > 0 && (
        <LinkButton to="/home/money/$tenantId/subscribe" params={{ tenantId }} variant="default" size="xs">
          {t('join.see')}
        </LinkButton>
      )}
    </Group>
  );
}

const runningFirst = (one: Subscribed, other: Subscribed) =>
  Number(one.subscription.status === 'cancelled') - Number(other.subscription.status === 'cancelled');

function One({ subscribed }: { subscribed: Subscribed }) {
  const { t } = useTranslation('own');
  const { tenant_id: tenantId } = useAccount();
  const prices = usePriceWords();
  const { subscription, plan } = subscribed;
  const standing = subscriptionStanding(subscription);
  return (
    <Link
      to="/home/money/$tenantId/subscriptions/$subscriptionId"
      params={{ tenantId, subscriptionId: subscription.id }}
      className={classes.one}
    >
      <span className={classes.what}>
        <Group component="span" gap="xs">
          <Text component="span" fw={650}>
            {plan.name}
          </Text>
          <StatusBadge tone={STANDING_TONES[standing]}>{t(`sub.${standing}`)}</StatusBadge>
        </Group>
        <Text component="span" display="block" size="sm">
          {prices(subscribed)[0]}
          {hasSeats(subscribed.prices) && ` · ${t('seats', { count: subscription.quantity })}`}
        </Text>
        <When subscribed={subscribed} />
      </span>
      <IconChevronRight size={18} stroke={1.6} aria-hidden="true" />
    </Link>
  );
}

/** What happens next, and when. */
export function When({ subscribed: { subscription } }: { subscribed: Subscribed }) {
  const { t } = useTranslation('own');
  const { day } = useFormats();
  const { period_to, ended_on, resumes_on, trial_ends_on } = subscription;
  const said = (() => {
    switch (subscriptionStanding(subscription)) {
      case 'cancelled':
        return ended_on === null ? null : t('sub.endedOn', { day: day(ended_on) });
      case 'ending':
        return period_to === null ? null : t('sub.endsOn', { day: day(period_to) });
      case 'paused':
        return resumes_on === null ? null : t('sub.resumesOn', { day: day(resumes_on) });
      case 'trialing':
        return trial_ends_on === null ? null : t('sub.trialEnds', { day: day(trial_ends_on) });
      case 'parked':
        return t('sub.parkedText');
      case 'past_due':
        return t('sub.missing');
      default:
        return period_to === null || subscription.owner === 'provider'
          ? null
          : t('sub.next', { day: day(period_to) });
    }
  })();
  return (
    said !== null && (
      <Text component="span" display="block" size="sm" c="dimmed">
        {said}
      </Text>
    )
  );
}
