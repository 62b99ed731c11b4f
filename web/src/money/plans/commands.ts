/** What can be done about a plan that there is already. */

import { useQueryClient } from '@tanstack/react-query';
import { type BillingChangePlanData, billingChangePlan, billingReplacePrices } from '../../api';
import { billingListPricesOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import type { Plan } from '../billing';
import { forget } from '../parts/forget';
import { type PriceDraft, priceOf } from './draft';

export type PlanChanges = BillingChangePlanData['body'];

function useAgain() {
  const client = useQueryClient();
  return () => forget(client, ['billingListPlans', 'billingShowPlan', 'billingListPrices']);
}

/** What a plan is called, and whether it is sold. */
export function useChangePlan(plan_id: string) {
  const { headers } = useBusiness();
  const again = useAgain();
  return useCommand({
    send: (body: PlanChanges, attempt) =>
      billingChangePlan({ headers: { ...headers, ...attempt.headers }, path: { plan_id }, body }),
    onSuccess: again,
  });
}

/** All its prices at once, so that nobody subscribes between the old and the new ones; refused when others replaced them. */
export function useReprice(plan: Plan, seen: readonly { id: string }[]) {
  const { headers } = useBusiness();
  const again = useAgain();
  return useCommand({
    send: (prices: readonly PriceDraft[], attempt) =>
      billingReplacePrices({
        headers: { ...headers, ...attempt.headers },
        path: { plan_id: plan.id },
        body: {
          prices: prices.map((price) => priceOf(price, plan.currency, plan.name)),
          instead_of: seen.map(({ id }) => id),
        },
      }),
    onSuccess: again,
  });
}

/** The question for a plan's present and earlier prices; who has them is asked anew each time somebody looks. */
export function useHistory(plan_id: string) {
  const { headers } = useBusiness();
  return { ...billingListPricesOptions({ headers, path: { plan_id } }), staleTime: 0 };
}
