import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../api';
import { client as http } from '../../api/client.gen';
import { useCommand } from '../../queries';
import { LinkButton } from '../../shell/links';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useNotice } from '../../ui/useNotice';
import { hasSeats, hasUse } from '../billing';
import { useMethodName } from '../pay/methodName';
import { at, invoicesOptions, methodsOptions, ownKey } from './api';
import { Back } from './Back';
import { CancelPlan } from './CancelPlan';
import { ChangePlan } from './ChangePlan';
import { InvoiceList } from './InvoiceList';
import { FiguresLines } from './PreviewFigures';
import { usePriceWords } from './priceWords';
import { When } from './Subscriptions';
import classes from './Subscriptions.module.css';
import {
  plansOptions,
  STANDING_TONES,
  type SubscribedDetail,
  subscriptionOptions,
  subscriptionStanding,
} from './subscriptions';
import { useAccount } from './useAccount';

const route = getRouteApi('/home/money/$tenantId/subscriptions/$subscriptionId');
/** In which a person may change it themselves. */
const CHANGEABLE = new Set(['trialing', 'active', 'past_due']);

/** One subscription: what it costs, what comes next, and how to change or end it. */
export function Subscription() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const { subscriptionId } = route.useParams();
  const query = useQuery(subscriptionOptions(tenant, subscriptionId));
  return (
    <Page title={query.data?.plan.name ?? t('sub.one')} width="text" back={<Back to="overview" />}>
      <Loaded query={query}>{(subscribed) => <Detail key={subscriptionId} subscribed={subscribed} />}</Loaded>
    </Page>
  );
}

function Detail({ subscribed }: { subscribed: SubscribedDetail }) {
  const { t } = useTranslation('own');
  const { tenant_id: tenantId } = useAccount();
  const [doing, setDoing] = useState<'change' | 'cancel' | null>(null);
  const { subscription } = subscribed;
  const done = () => setDoing(null);
  return (
    <Stack gap="lg">
      {(subscription.status === 'past_due' || subscription.paused_unpaid) && (
        <Alert color="red" variant="light">
          <Group justify="space-between" gap="sm">
            <Text size="sm">{t(subscription.paused_unpaid ? 'sub.unpaid' : 'sub.missing')}</Text>
            <LinkButton to="/home/money/$tenantId" params={{ tenantId }} size="xs">
              {t('sub.pay')}
            </LinkButton>
          </Group>
        </Alert>
      )}
      <Standing subscribed={subscribed} />
      {doing === 'change' ? (
        <ChangePlan subscribed={subscribed} onDone={done} />
      ) : doing === 'cancel' ? (
        <CancelPlan subscribed={subscribed} onDone={done} />
      ) : (
        <Actions
          subscribed={subscribed}
          onChange={() => setDoing('change')}
          onCancel={() => setDoing('cancel')}
        />
      )}
      <Bills id={subscription.id} />
    </Stack>
  );
}

/** What somebody has, and what is charged next and how. */
function Standing({ subscribed }: { subscribed: SubscribedDetail }) {
  const { t } = useTranslation('own');
  const { day } = useFormats();
  const prices = usePriceWords();
  const { subscription, plan } = subscribed;
  const standing = subscriptionStanding(subscription);
  return (
    <Panel
      actions={<StatusBadge tone={STANDING_TONES[standing]}>{t(`sub.${standing}`)}</StatusBadge>}
      title={t('sub.one')}
    >
      <Stack gap="md">
        <div>
          {plan.description && <Text c="dimmed">{plan.description}</Text>}
          <ul className={classes.prices}>
            {prices(subscribed).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          {hasSeats(subscribed.prices) && (
            <Text fw={600}>{t('seats', { count: subscription.quantity })}</Text>
          )}
          <Text size="sm" c="dimmed">
            {t('sub.since', { day: day(subscription.started_on) })}
          </Text>
        </div>
        {standing !== 'active' && standing !== 'past_due' && <When subscribed={subscribed} />}
        {subscription.owner === 'provider' && <Text size="sm">{t('sub.provider')}</Text>}
        <Arranged subscribed={subscribed} />
        <Next subscribed={subscribed} />
      </Stack>
    </Panel>
  );
}

/** Another plan or other seats from the next renewal on. */
function Arranged({ subscribed: { subscription, plan } }: { subscribed: SubscribedDetail }) {
  const { t } = useTranslation('own');
  const { day } = useFormats();
  const { tenant_id: tenant } = useAccount();
  const { next_plan_id, next_quantity, period_to } = subscription;
  const offers = useQuery({ ...plansOptions(tenant), enabled: next_plan_id !== null });
  const changes =
    (next_plan_id !== null && next_plan_id !== subscription.plan_id) ||
    (next_quantity !== null && next_quantity !== subscription.quantity);
  if (!changes || period_to === null) return null;
  const next = offers.data?.find((offer) => offer.plan.id === next_plan_id)?.plan.name ?? plan.name;
  const seats =
    next_quantity === null || next_quantity === subscription.quantity
      ? ''
      : t('seats', { count: next_quantity });
  return (
    <Alert color="blue" variant="light">
      {t('sub.changesOn', { day: day(period_to), plan: [next, seats].filter(Boolean).join(', ') })}
    </Alert>
  );
}

/** What is charged next, line by line, and from where. */
function Next({ subscribed: { subscription, prices, upcoming } }: { subscribed: SubscribedDetail }) {
  const { t } = useTranslation('own');
  const { money, day } = useFormats();
  const { tenant_id: tenant } = useAccount();
  const name = useMethodName();
  const methods = useQuery(methodsOptions(tenant));
  const next = upcoming?.next;
  if (!next || !upcoming?.next_on) return null;
  const method =
    methods.data?.find(({ id }) => id === subscription.method_id) ??
    methods.data?.find((one) => one.is_default);
  return (
    <Stack gap="xs" component="section" aria-label={t('sub.next', { day: day(upcoming.next_on) })}>
      <div className={classes.today}>
        <Text fw={600}>{t('sub.next', { day: day(upcoming.next_on) })}</Text>
        <span className={classes.figure}>{money(next.total)}</span>
      </div>
      {hasUse(prices) && (
        <Text size="sm" c="dimmed">
          {t('sub.nextUsage')}
        </Text>
      )}
      {methods.data !== undefined && (
        <Text size="sm" c="dimmed">
          {method === undefined ? t('sub.nextSelf') : t('sub.nextWith', { method: name(method) })}
        </Text>
      )}
      <FiguresLines figures={next} caption={t('sub.next', { day: day(upcoming.next_on) })} />
    </Stack>
  );
}

interface ActionsProps {
  subscribed: SubscribedDetail;
  onChange: () => void;
  onCancel: () => void;
}

function Actions({ subscribed: { subscription }, onChange, onCancel }: ActionsProps) {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const notice = useNotice();
  const keep = useCommand({
    send: async () => {
      await http.delete<{ 200: unknown }, Problem, true>({
        url: at(tenant, `subscriptions/${subscription.id}/cancellation`),
      });
      return { data: null };
    },
    onSuccess: () => notice(t('cancel.undone')),
    onSettled: () => client.invalidateQueries({ queryKey: ownKey(tenant) }),
  });
  if (subscription.status === 'parked') return null;
  if (subscription.status === 'cancelled')
    return (
      <Group>
        <LinkButton
          to="/home/money/$tenantId/subscribe"
          params={{ tenantId: tenant }}
          search={{ plan: subscription.plan_id, seats: subscription.quantity }}
        >
          {t('again.open')}
        </LinkButton>
      </Group>
    );
  const byProvider = subscription.owner === 'provider';
  return (
    <Stack gap="sm">
      <FormError problem={keep.error} />
      <Group gap="sm">
        {subscription.cancel_at_end ? (
          !byProvider && (
            <Button loading={keep.isPending} onClick={() => keep.mutate(undefined)}>
              {t('cancel.undo')}
            </Button>
          )
        ) : (
          <>
            {!byProvider && CHANGEABLE.has(subscription.status) && (
              <Button onClick={onChange}>{t('change.open')}</Button>
            )}
            <Button variant="default" c="red" onClick={onCancel}>
              {t('cancel.open')}
            </Button>
          </>
        )}
      </Group>
    </Stack>
  );
}

/** The invoices of one subscription. */
function Bills({ id }: { id: string }) {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const query = useInfiniteQuery(invoicesOptions(tenant));
  const invoices =
    query.data?.pages.flatMap((page) => page.items).filter((one) => one.subscription_id === id) ?? [];
  if (invoices.length === 0) return null;
  return (
    <Panel title={t('sub.bills')} flush>
      <InvoiceList invoices={invoices} label={t('sub.bills')} />
    </Panel>
  );
}
