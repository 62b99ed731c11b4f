/** The lists of people of a business, and how a change makes them ask again. */

import { useQueryClient } from '@tanstack/react-query';
import {
  peopleMembersInfiniteOptions,
  peopleMembersInfiniteQueryKey,
  peopleOwnRolesOptions,
  peopleWaitingInfiniteOptions,
  peopleWaitingInfiniteQueryKey,
} from '../../api/@tanstack/react-query.gen';
import { type Business, useBusiness } from '../session';

const PAGE = 50;

export const membersOptions = ({ headers }: Business) => ({
  ...peopleMembersInfiniteOptions({ headers, query: { limit: PAGE } }),
  initialPageParam: {},
  getNextPageParam: ({ next }: { next?: string | null }) => next ?? undefined,
});

export const waitingOptions = ({ headers }: Business) => ({
  ...peopleWaitingInfiniteOptions({ headers, query: { limit: PAGE } }),
  initialPageParam: {},
  getNextPageParam: ({ next }: { next?: string | null }) => next ?? undefined,
});

export const rolesOptions = ({ headers }: Business) => peopleOwnRolesOptions({ headers });

/** After a command: the lists are asked again. */
export function useAskAgain(): () => Promise<void> {
  const client = useQueryClient();
  const { headers } = useBusiness();
  return async () => {
    const query = { limit: PAGE };
    await Promise.all([
      client.invalidateQueries({ queryKey: peopleMembersInfiniteQueryKey({ headers, query }) }),
      client.invalidateQueries({ queryKey: peopleWaitingInfiniteQueryKey({ headers, query }) }),
    ]);
  };
}
