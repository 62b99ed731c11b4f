/** Card tokens that the api gave out a moment ago: only the answer has them, and no page keeps them for longer. */

import { queryOptions, useQueryClient } from '@tanstack/react-query';

const MINUTES_10 = 600_000;

export const issuedOptions = (memberId: string) =>
  queryOptions<string | null>({
    queryKey: ['loyalty.issued', memberId],
    queryFn: () => null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: MINUTES_10,
  });

/** Keeps a token for the page that shows it, or forgets it again. */
export function useIssue(): (memberId: string, token: string | null) => void {
  const client = useQueryClient();
  return (memberId, token) => client.setQueryData(issuedOptions(memberId).queryKey, token);
}
