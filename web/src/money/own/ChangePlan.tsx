import { Button, Group, NumberInput, Radio, Skeleton, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';
import { hasSeats } from '../billing';
import { at, ownKey, send } from './api';
import { PreviewFigures } from './PreviewFigures';
import { usePriceWords } from './priceWords';
import classes from './Subscriptions.module.css';
import {
  choices,
  isAsLong,
  isSame,
  type Offer,
  onlyWhen,
  plansOptions,
  previewOptions,
  type SubscribedDetail,
  type Wanted,
} from './subscriptions';
import { useAccount } from './useAccount';

export const MOST_SEATS = 10_000;
export const PAUSE_MS = 350;

interface ChangePlanProps {
  subscribed: SubscribedDetail;
  onDone: () => void;
}

/** Another plan or other seats, with what it costs before anything happens. */
export function ChangePlan({ subscribed, onDone }: ChangePlanProps) {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const { subscription } = subscribed;
  const { data: offers = [] } = useQuery(plansOptions(tenant));
  const among = choices<Offer>(offers, subscribed);
  const [plan, setPlan] = useState(subscription.next_plan_id ?? subscription.plan_id);
  const [seats, setSeats] = useState(subscription.next_quantity ?? subscription.quantity);
  const [when, setWhen] = useState<Wanted['when']>('now');
  const chosen = among.find((offer) => offer.plan.id === plan) ?? subscribed;
  const only = onlyWhen(subscribed, chosen, seats);
  const wanted = useMemo(
    (): Wanted => ({
      // At renewal the plan that they have is said too, or one that is arranged would stay.
      ...((chosen.plan.id !== subscription.plan_id || (only ?? when) === 'renewal') && {
        plan_id: chosen.plan.id,
      }),
      quantity: seats,
      when: only ?? when,
    }),
    [chosen.plan.id, subscription.plan_id, seats, only, when],
  );
  return (
    <Panel title={t('change.title')}>
      <Stack gap="lg">
        <PlanChoice among={among} here={subscription.plan_id} value={chosen.plan.id} onChange={setPlan} />
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
        <WhenChoice
          subscribed={subscribed}
          only={only}
          anew={!isAsLong(chosen.plan, subscribed.plan)}
          value={wanted.when}
          onChange={setWhen}
        />
        <Confirm subscribed={subscribed} chosen={chosen} wanted={wanted} onDone={onDone} />
      </Stack>
    </Panel>
  );
}

interface PlanChoiceProps {
  among: readonly Offer[];
  /** What somebody has. */
  here?: string;
  value: string;
  onChange: (plan: string) => void;
}

export function PlanChoice({ among, here, value, onChange }: PlanChoiceProps) {
  const { t } = useTranslation('own');
  const prices = usePriceWords();
  return (
    <Radio.Group label={t('change.plan')} value={value} onChange={onChange}>
      <div className={classes.choices}>
        {among.map((offer) => (
          <div key={offer.plan.id} className={classes.choice}>
            <Radio
              value={offer.plan.id}
              label={
                <>
                  <strong>{offer.plan.name}</strong>
                  {offer.plan.id === here && ` (${t('change.here')})`}
                </>
              }
              description={[offer.plan.description, ...prices(offer)].filter(Boolean).join(' · ')}
            />
          </div>
        ))}
      </div>
    </Radio.Group>
  );
}

interface WhenChoiceProps {
  subscribed: SubscribedDetail;
  only: Wanted['when'] | null;
  /** Whether its periods have another length, so that the first of them begins at once. */
  anew: boolean;
  value: Wanted['when'];
  onChange: (when: Wanted['when']) => void;
}

function WhenChoice({ subscribed: { subscription }, only, anew, value, onChange }: WhenChoiceProps) {
  const { t } = useTranslation('own');
  const { day } = useFormats();
  const renewal =
    subscription.period_to === null
      ? t('change.renewal')
      : t('change.renewalOn', { day: day(subscription.period_to) });
  return (
    <Radio.Group
      label={t('change.when')}
      value={value}
      onChange={(when) => onChange(when === 'now' ? 'now' : 'renewal')}
    >
      <div className={classes.choices}>
        <div className={classes.choice}>
          <Radio
            value="now"
            disabled={only === 'renewal'}
            label={t('change.now')}
            description={t(anew ? 'change.nowAnew' : 'change.nowText')}
          />
        </div>
        <div className={classes.choice}>
          <Radio value="renewal" label={renewal} description={t('change.renewalText')} />
        </div>
      </div>
    </Radio.Group>
  );
}

interface ConfirmProps {
  subscribed: SubscribedDetail;
  chosen: Offer;
  wanted: Wanted;
  onDone: () => void;
}

/** Before and after, to the minor unit, and the button that does it. */
function Confirm({ subscribed, chosen, wanted, onDone }: ConfirmProps) {
  const { t } = useTranslation('own');
  const { money, day } = useFormats();
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const notice = useNotice();
  const { subscription } = subscribed;
  const [asked] = useDebouncedValue(wanted, PAUSE_MS);
  const same = isSame(wanted, subscription);
  const preview = useQuery({
    ...previewOptions(tenant, subscription.id, 'changes', asked),
    enabled: !isSame(asked, subscription),
    placeholderData: keepPreviousData,
  });
  const change = useCommand({
    send: (_: undefined, { headers }) =>
      send<unknown>(at(tenant, `subscriptions/${subscription.id}/changes`), headers, wanted),
    onSuccess: () => {
      notice(
        wanted.when === 'renewal' && subscription.period_to !== null
          ? t('change.doneOn', { day: day(subscription.period_to) })
          : t('change.done'),
      );
      onDone();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ownKey(tenant) }),
  });
  if (same)
    return (
      <Stack gap="md" align="flex-start">
        <Text c="dimmed">{t('change.same')}</Text>
        <Button variant="default" onClick={onDone}>
          {t('change.keep')}
        </Button>
      </Stack>
    );
  const current = preview.data !== undefined && !preview.isPlaceholderData && asked === wanted;
  const due = preview.data?.now?.total;
  return (
    <Stack gap="md">
      <div className={classes.preview} role="status" aria-busy={!current}>
        <Compare subscribed={subscribed} chosen={chosen} seats={wanted.quantity} />
        {preview.error !== null ? (
          <FormError problem={preview.error instanceof ApiProblem ? preview.error : new ApiProblem({})} />
        ) : preview.data === undefined ? (
          <Skeleton height={96} />
        ) : (
          <PreviewFigures preview={preview.data} nothing={t('change.nothingNow')} />
        )}
        <Text size="sm" c="dimmed">
          {t('change.exact')}
        </Text>
      </div>
      <FormError problem={change.error} />
      <Group gap="sm">
        <Button
          size="md"
          disabled={!current || preview.error !== null}
          loading={change.isPending}
          onClick={() => change.mutate(undefined)}
        >
          {wanted.when === 'renewal' && subscription.period_to !== null
            ? t('change.confirmOn', { day: day(subscription.period_to) })
            : due !== undefined && due.minor > 0
              ? t('change.confirmPay', { amount: money(due) })
              : t('change.confirmNow')}
        </Button>
        <Button size="md" variant="default" onClick={onDone}>
          {t('change.keep')}
        </Button>
      </Group>
    </Stack>
  );
}

/** What somebody has, and what they would have. */
function Compare({
  subscribed,
  chosen,
  seats,
}: {
  subscribed: SubscribedDetail;
  chosen: Offer;
  seats: number;
}) {
  const { t } = useTranslation('own');
  const { count } = useFormats();
  const prices = usePriceWords();
  const { subscription, plan } = subscribed;
  const withSeats = hasSeats(subscribed.prices) || hasSeats(chosen.prices);
  const cost = (offer: Offer) => (
    <ul className={classes.prices}>
      {prices(offer).map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
  return (
    <table className={classes.compare} aria-label={t('change.compare')}>
      <thead>
        <tr>
          <td />
          <th scope="col">{t('change.before')}</th>
          <th scope="col">{t('change.after')}</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t('change.plan')}</th>
          <td>{plan.name}</td>
          <td>{chosen.plan.name}</td>
        </tr>
        {withSeats && (
          <tr>
            <th scope="row">{t('change.seats')}</th>
            <td>{count(subscription.quantity)}</td>
            <td>{count(seats)}</td>
          </tr>
        )}
        <tr>
          <th scope="row">{t('change.costs')}</th>
          <td>{cost(subscribed)}</td>
          <td>{cost(chosen)}</td>
        </tr>
      </tbody>
    </table>
  );
}
