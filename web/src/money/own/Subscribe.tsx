import { Button, Group, NumberInput, Skeleton, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconTags } from '@tabler/icons-react';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BillingCreateOwnSubscriptionResponse } from '../../api';
import { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';
import { hasSeats } from '../billing';
import { at, ownKey, send } from './api';
import { Back } from './Back';
import { MOST_SEATS, PAUSE_MS, PlanChoice } from './ChangePlan';
import { PreviewFigures } from './PreviewFigures';
import classes from './Subscriptions.module.css';
import { joinPreviewOptions, type Offer, plansOptions } from './subscriptions';
import { useAccount } from './useAccount';

const route = getRouteApi('/home/money/$tenantId/subscribe');

/** What somebody can subscribe to, for the first time or again, with what it costs before anything happens. */
export function Subscribe() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const query = useQuery(plansOptions(tenant));
  return (
    <Page title={t('join.title')} width="text" back={<Back to="overview" />}>
      <Loaded
        query={query}
        isEmpty={(offers) => offers.length === 0}
        empty={
          <Empty icon={<IconTags size={44} stroke={1.3} aria-hidden="true" />} title={t('join.none')}>
            {t('join.noneText')}
          </Empty>
        }
      >
        {(offers) => <Choice offers={offers} />}
      </Loaded>
    </Page>
  );
}

function Choice({ offers }: { offers: readonly Offer[] }) {
  const { t } = useTranslation('own');
  const { plan: asked, seats: before = 1 } = route.useSearch();
  const [plan, setPlan] = useState(asked);
  const [seats, setSeats] = useState(before);
  const chosen = offers.find((offer) => offer.plan.id === plan) ?? offers[0];
  if (chosen === undefined) return null;
  return (
    <Panel>
      <Stack gap="lg">
        <PlanChoice among={offers} value={chosen.plan.id} onChange={setPlan} />
        {hasSeats(chosen.prices) && (
          <NumberInput
            label={t('change.seats')}
            min={1}
            max={MOST_SEATS}
            allowDecimal={false}
            clampBehavior="strict"
            value={seats}
            onChange={(value) => typeof value === 'number' && setSeats(value)}
            maw={160}
          />
        )}
        <Confirm chosen={chosen} seats={hasSeats(chosen.prices) ? seats : 1} />
      </Stack>
    </Panel>
  );
}

function Confirm({ chosen, seats }: { chosen: Offer; seats: number }) {
  const { t } = useTranslation('own');
  const { money, day } = useFormats();
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const navigate = useNavigate();
  const notice = useNotice();
  const wanted = useMemo(() => ({ plan_id: chosen.plan.id, quantity: seats }), [chosen.plan.id, seats]);
  const [asked] = useDebouncedValue(wanted, PAUSE_MS);
  const preview = useQuery({ ...joinPreviewOptions(tenant, asked), placeholderData: keepPreviousData });
  const join = useCommand({
    send: (_: undefined, { headers }) =>
      send<BillingCreateOwnSubscriptionResponse>(at(tenant, 'subscriptions'), headers, wanted),
    onSuccess: async ({ id }) => {
      notice(t('join.done', { plan: chosen.plan.name }));
      await navigate({
        to: '/home/money/$tenantId/subscriptions/$subscriptionId',
        params: { tenantId: tenant, subscriptionId: id },
      });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ownKey(tenant) }),
  });
  const current = preview.data !== undefined && !preview.isPlaceholderData && asked === wanted;
  const due = preview.data?.now?.total;
  return (
    <Stack gap="md">
      <div className={classes.preview} role="status" aria-busy={!current && preview.error === null}>
        {preview.error !== null ? (
          <FormError problem={preview.error instanceof ApiProblem ? preview.error : new ApiProblem({})} />
        ) : preview.data === undefined ? (
          <Skeleton height={96} />
        ) : (
          <>
            {preview.data.trial_ends_on && (
              <Text fw={600}>{t('sub.trialEnds', { day: day(preview.data.trial_ends_on) })}</Text>
            )}
            <PreviewFigures preview={preview.data} nothing={t('change.nothingNow')} />
            <Text size="sm" c="dimmed">
              {t('change.exact')}
            </Text>
          </>
        )}
      </div>
      <FormError problem={join.error} />
      <Group>
        <Button
          size="md"
          disabled={!current || preview.error !== null}
          loading={join.isPending}
          onClick={() => join.mutate(undefined)}
        >
          {due !== undefined && due.minor > 0
            ? t('join.confirmPay', { amount: money(due) })
            : t('join.confirm')}
        </Button>
      </Group>
    </Stack>
  );
}
