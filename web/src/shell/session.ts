/** Who is signed in, where they belong, and what they may do in the business that the address names. */

import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { redirect } from '@tanstack/react-router';
import { createContext, useContext, useMemo } from 'react';
import { accountsMe, type Me } from '../api';
import { ApiProblem } from '../client';
import { queryClient } from '../queries';
import { forgetHeld } from './customer/held';

export const ME_KEY = ['me'] as const;

/** The readable half of a session's cookies; without it there is no session, and no need to ask the api for one. */
const TOKEN = /(?:^|; )((?:__Host-)?holdfast_csrf)=([^;]*)/;

/** Whether this browser may have a session; only the api knows whether it is still good. */
export const mayBeSignedIn = () => TOKEN.test(document.cookie);

/** Forget the readable half of a session that is over, unless another has begun meanwhile. */
function forgetToken(before: RegExpExecArray | null): void {
  const now = TOKEN.exec(document.cookie);
  if (before === null || now === null || now[2] !== before[2]) return;
  const secure = now[1]?.startsWith('__Host-') ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: The newer way is not in every browser that we serve.
  document.cookie = `${now[1]}=; Path=/; Max-Age=0; SameSite=Lax${secure}`;
}

/** Asks the api who is signed in; null when nobody is. */
export async function askMe(signal?: AbortSignal): Promise<Me | null> {
  const token = TOKEN.exec(document.cookie);
  if (token === null) return null;
  try {
    return (await accountsMe(signal === undefined ? {} : { signal })).data;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
    forgetToken(token);
    return null;
  }
}

/** Who is signed in; null when nobody is. */
export const meOptions = queryOptions({
  queryKey: ME_KEY,
  queryFn: ({ signal }) => askMe(signal),
  staleTime: 60_000,
});

export const useMe = () => useQuery(meOptions);

/** A loader for pages that need a person: whoever is not signed in signs in first, and comes back. */
export async function signedInOnly({ location }: { location: { href: string } }): Promise<Me> {
  const me = await queryClient.ensureQueryData(meOptions);
  if (me === null) throw redirect({ to: '/sign-in', search: { next: location.href } });
  return me;
}

/** What was asked for whoever was in front of this browser before. */
function forgetAnswers(): void {
  queryClient.removeQueries({
    predicate: ({ queryKey }) => queryKey.length > 1 || queryKey[0] !== ME_KEY[0],
  });
  queryClient.getMutationCache().clear();
}

/** Somebody is signed in now, or joined a business: what was asked before is asked anew. Gives who it is. */
export async function sessionBegan(): Promise<Me | null> {
  await queryClient.cancelQueries();
  const me = await queryClient.fetchQuery({ ...meOptions, staleTime: 0 });
  forgetAnswers();
  return me;
}

/** The session is over, by our own doing or not: nothing of the person stays in this browser. */
export async function sessionOver(): Promise<void> {
  forgetHeld();
  await queryClient.cancelQueries();
  // Whatever shows the person gives way at this, before what it showed is forgotten.
  queryClient.setQueryData(ME_KEY, null);
  forgetAnswers();
}

/** Grants in one business; the api says them for the business that a request names. */
export const placeOptions = (tenant: string) =>
  queryOptions({
    queryKey: [...ME_KEY, tenant] as const,
    queryFn: async ({ signal }) => (await accountsMe({ signal, headers: tenantHeader(tenant) })).data,
    staleTime: 60_000,
  });

export const tenantHeader = (tenant: string) => ({ 'Holdfast-Tenant': tenant });

export type Business = Me['businesses'][number] & {
  /** What every request for this business carries. */
  headers: { 'Holdfast-Tenant': string };
  grants: ReadonlySet<string>;
  /** Whether the person holds a grant for the whole business; with `@site` or `@own`, in that scope or a wider one. */
  may: (grant: string) => boolean;
};

/** As the api decides it: a grant for the whole business holds in every narrower scope. */
export const holds = (grants: ReadonlySet<string>, grant: string) =>
  grants.has(grant) || grants.has(grant.split('@', 1)[0] ?? grant);

const BusinessContext = createContext<Business | null>(null);

/** Hands the business that the address names to everything inside its console. */
export const InBusiness = BusinessContext.Provider;

/**
 * A business with what the person may do there; the console's loader has fetched both. It is handed down from one place,
 * so that nothing inside the console ever sees a session that ended while it was being drawn.
 */
export function usePlace(business: Me['businesses'][number]): Business {
  const { data: place } = useSuspenseQuery(placeOptions(business.tenant));
  return useMemo(() => {
    const grants = new Set(place.grants);
    return {
      ...business,
      headers: tenantHeader(business.tenant),
      grants,
      may: (grant) => holds(grants, grant),
    };
  }, [business, place]);
}

/** The business that the address names; only inside its console. */
export function useBusiness(): Business {
  const business = useContext(BusinessContext);
  if (business === null) throw new Error('Only a console has a business.');
  return business;
}
