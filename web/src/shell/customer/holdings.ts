/** What a person holds: asked of the api, as it was known last when there is no network, and what this browser keeps. */

import { useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { useEffect } from 'react';
import { holdingsListHoldings, type Me } from '../../api';
import { ApiProblem } from '../../client';
import { mayBeSignedIn } from '../session';
import { type Holding, homeKey, type Kept, useSystems } from '../systems';
import { rememberedHeld, rememberHeld } from './held';

const KEPT_FOR_MS = 5_000;

/** `me` is undefined while it is not known who is signed in, for instance without a network. */
export function useHoldings(me: Me | null | undefined) {
  const person = me?.user.id;
  const query = useInfiniteQuery({
    queryKey: ['holdings', person] as const,
    queryFn: async ({ pageParam, signal }) =>
      (await holdingsListHoldings({ query: pageParam === null ? {} : { after: pageParam }, signal })).data,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    enabled: person !== undefined,
  });
  const first = query.data?.pages[0];
  useEffect(() => {
    if (person !== undefined && first !== undefined)
      rememberHeld({ person, at: query.dataUpdatedAt, items: first.items });
  }, [person, first, query.dataUpdatedAt]);
  const known = query.data?.pages.flatMap((page) => page.items);
  // Nobody is known to have signed out: the list of last time is this person's own.
  const old = known === undefined && me !== null && mayBeSignedIn() ? rememberedHeld(person) : null;
  const failed = query.error ?? null;
  return {
    query,
    items: known ?? old?.items ?? [],
    /** When the list was true, if it comes from this browser's memory. */
    knownAt: known === undefined ? (old?.at ?? null) : null,
    isPending: person !== undefined && query.isPending && old === null,
    problem:
      known !== undefined || failed === null
        ? null
        : failed instanceof ApiProblem
          ? failed
          : new ApiProblem({}),
    retry: () => void query.refetch(),
  };
}

/** What this browser keeps and the account does not. */
export function useKept(held: readonly Holding[]) {
  const systems = useSystems().filter((system) => system.kept !== undefined);
  const found = useQueries({
    queries: systems.map((system) => ({
      queryKey: ['kept', system.name] as const,
      queryFn: (): Promise<Kept[]> => system.kept?.() ?? Promise.resolve([]),
      // Another page of this browser writes it down.
      staleTime: KEPT_FOR_MS,
    })),
  });
  const subjects = new Set(held.map((one) => one.subject_id));
  return {
    items: found
      .flatMap((query) => query.data ?? [])
      .filter(({ holding }) => !subjects.has(holding.subject_id)),
    isPending: found.some((query) => query.isPending),
  };
}

/** What a person has beside the things that they hold; what could not be asked is left out, and asked again. */
export function useHomeParts(me: Me | null | undefined) {
  const person = me?.user.id;
  const systems = useSystems().filter((system) => system.home !== undefined);
  const found = useQueries({
    queries: systems.map((system) => ({
      queryKey: homeKey(system.name, person),
      queryFn: ({ signal }: { signal: AbortSignal }) => system.home?.ask(signal) ?? Promise.resolve([]),
      enabled: person !== undefined,
    })),
  });
  return {
    parts: systems.flatMap(({ name, home }, index) =>
      home !== undefined && (found[index]?.data?.length ?? 0) > 0 ? [{ name, Section: home.Section }] : [],
    ),
    // What does not come at once, as without a network, keeps nobody from seeing the rest.
    isPending: person !== undefined && found.some((query) => query.isPending && query.failureCount === 0),
  };
}
