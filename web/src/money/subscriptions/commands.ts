/** What can be done about a subscription; it and its lists show the outcome at once. */

import { useQueryClient } from '@tanstack/react-query';
import {
  type BillingCreateChangeData,
  billingCreateCancellation,
  billingCreateChange,
  billingCreateCouponUse,
  billingCreatePause,
  billingCreateRelease,
  billingCreateResumption,
  billingDeleteCancellation,
  billingDeleteUsage,
} from '../../api';
import { type Attempt, useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { forget } from '../parts/forget';

const CHANGED = [
  'billingShowSubscription',
  'billingListSubscriptions',
  'billingListInvoices',
  'billingListUsage',
];

interface Where {
  headers: { 'Holdfast-Tenant': string } & Attempt['headers'];
  path: { subscription_id: string };
}

/** A command on a subscription. */
function useOn<Body, Answer>(id: string, order: (where: Where, body: Body) => Promise<{ data: Answer }>) {
  const { headers } = useBusiness();
  const client = useQueryClient();
  return useCommand({
    send: (body: Body, attempt) =>
      order({ headers: { ...headers, ...attempt.headers }, path: { subscription_id: id } }, body),
    onSuccess: () => forget(client, CHANGED),
  });
}

export type Wanted = BillingCreateChangeData['body'];

export const useChange = (id: string) =>
  useOn(id, (where, body: Wanted) => billingCreateChange({ ...where, body }));

export const usePause = (id: string) =>
  useOn(id, (where, resumes_on: string | null) =>
    billingCreatePause({ ...where, body: resumes_on === null ? {} : { resumes_on } }),
  );

export const useResume = (id: string) => useOn(id, (where, _: null) => billingCreateResumption(where));

export const useCancel = (id: string) =>
  useOn(id, (where, when: 'now' | 'end') => billingCreateCancellation({ ...where, body: { when } }));

export const useKeep = (id: string) => useOn(id, (where, _: null) => billingDeleteCancellation(where));

export const useRelease = (id: string) => useOn(id, (where, _: null) => billingCreateRelease(where));

export const useWithdraw = (id: string) =>
  useOn(id, (where, usage_id: string) => billingDeleteUsage({ ...where, path: { ...where.path, usage_id } }));

export const useCoupon = (id: string) =>
  useOn(id, (where, code: string) => billingCreateCouponUse({ ...where, body: { code } }));
