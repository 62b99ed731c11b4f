import { useQueryClient } from '@tanstack/react-query';
import {
  loyaltyListStampsInfiniteQueryKey,
  loyaltyShowCustomerQueryKey,
} from '../../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../../shell/session';

/** Asks again for a member and their stamps, once something was done here; live updates tell everybody else. */
export function useRefresh(memberId: string): () => Promise<unknown> {
  const client = useQueryClient();
  const { headers } = useBusiness();
  const whose = { headers, path: { customer_id: memberId } };
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: loyaltyShowCustomerQueryKey(whose) }),
      client.invalidateQueries({ queryKey: loyaltyListStampsInfiniteQueryKey(whose) }),
    ]);
}
