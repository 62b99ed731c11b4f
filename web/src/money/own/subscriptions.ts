/** What a person subscribes to at a business, what it costs, and what a change would. */

import { queryOptions } from '@tanstack/react-query';
import type {
  BillingListOwnPlansResponse,
  BillingListOwnResponse,
  BillingPreviewOwnChangeResponse,
  BillingShowOwnResponse,
  Problem,
} from '../../api';
import { client } from '../../api/client.gen';
import type { Tone } from '../../ui/StatusBadge';
import { at, get, type Listing, ownKey } from './api';

export type Offer = BillingListOwnPlansResponse['items'][number];
export type Plan = Offer['plan'];
export type Price = Offer['prices'][number];
export type Subscribed = BillingListOwnResponse['items'][number];
export type Row = Subscribed['subscription'];
/** What something comes to, by the code that charges it: at once, and at the next renewal. */
export type Preview = BillingPreviewOwnChangeResponse;
/** An invoice as it would be. */
export type Figures = NonNullable<Preview['now']>;

export interface SubscribedDetail extends Subscribed {
  upcoming: Preview;
}

export const subscriptionsOptions = (tenant: string) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'subscriptions'] as const,
    queryFn: async ({ signal }) =>
      (await get<Listing<Subscribed>>(at(tenant, 'subscriptions'), signal)).items,
  });

export const subscriptionOptions = (tenant: string, id: string) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'subscriptions', id] as const,
    queryFn: async ({ signal }): Promise<SubscribedDetail> => {
      const { detail, upcoming } = await get<BillingShowOwnResponse>(
        at(tenant, `subscriptions/${id}`),
        signal,
      );
      return { ...detail, upcoming };
    },
  });

/** What subscribing would cost; worked out anew whenever it is looked at. */
export const joinPreviewOptions = (tenant: string, wanted: { plan_id: string; quantity: number }) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'joining', wanted] as const,
    queryFn: async ({ signal }) =>
      (
        await client.post<{ 200: Preview }, Problem, true>({
          url: at(tenant, 'subscriptions/preview'),
          body: wanted,
          signal,
        })
      ).data,
    staleTime: 0,
    gcTime: 0,
  });

/** Worked out anew whenever it is looked at, because what it costs changes with the day. */
export const previewOptions = (
  tenant: string,
  id: string,
  what: 'changes' | 'cancellation',
  wanted: object,
) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'subscriptions', id, 'preview', what, wanted] as const,
    queryFn: async ({ signal }) =>
      (
        await client.post<{ 200: Preview }, Problem, true>({
          url: at(tenant, `subscriptions/${id}/${what}/preview`),
          body: wanted,
          signal,
        })
      ).data,
    staleTime: 0,
    gcTime: 0,
  });

export const plansOptions = (tenant: string) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'plans'] as const,
    queryFn: async ({ signal }) => (await get<Listing<Offer>>(at(tenant, 'plans'), signal)).items,
  });

export type Standing = Exclude<Row['status'], 'incomplete'> | 'ending';

/** One that will end is no more simply active. */
export function subscriptionStanding({
  status,
  cancel_at_end,
}: Pick<Row, 'status' | 'cancel_at_end'>): Standing {
  if (status === 'incomplete') return 'past_due';
  return cancel_at_end && status !== 'cancelled' ? 'ending' : status;
}

export const STANDING_TONES: Record<Standing, Tone> = {
  trialing: 'info',
  active: 'good',
  past_due: 'bad',
  paused: 'neutral',
  parked: 'neutral',
  cancelled: 'neutral',
  ending: 'warn',
};

interface Choosable {
  plan: Pick<Plan, 'id' | 'currency' | 'public' | 'active'>;
}

/** Plans that somebody can change to: those that are offered for the same money, and what they have. */
export function choices<Kind extends Choosable>(offers: readonly Kind[], now: Kind): Kind[] {
  const others = offers.filter(
    ({ plan }) =>
      plan.id !== now.plan.id && plan.active && plan.public && plan.currency === now.plan.currency,
  );
  return [now, ...others];
}

export interface Wanted {
  /** Absent for the plan that they have, which may be one that nobody can choose any more. */
  plan_id?: string;
  quantity: number;
  when: 'now' | 'renewal';
}

/** Whether two plans are renewed after the same time. */
export const isAsLong = (one: Plan, other: Plan) =>
  one.interval === other.interval && one.interval_count === other.interval_count;

/** What can happen at one time only: what was arranged is taken back at renewal, and whole periods change there. */
export function onlyWhen(
  { subscription, plan }: Subscribed,
  chosen: Offer,
  seats: number,
): Wanted['when'] | null {
  if (chosen.plan.id === subscription.plan_id && seats === subscription.quantity) return 'renewal';
  const byDay = plan.proration === 'daily' && chosen.plan.proration === 'daily';
  return byDay || subscription.status === 'trialing' ? null : 'renewal';
}

/** Whether somebody wants anything else than what they have, and what is arranged for the renewal. */
export const isSame = (
  wanted: Pick<Wanted, 'plan_id' | 'quantity'>,
  row: Pick<Row, 'plan_id' | 'quantity' | 'next_plan_id' | 'next_quantity'>,
) =>
  (wanted.plan_id ?? row.plan_id) === (row.next_plan_id ?? row.plan_id) &&
  wanted.quantity === (row.next_quantity ?? row.quantity);
