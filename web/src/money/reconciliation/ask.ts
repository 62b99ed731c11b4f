/** Questions about the comparison of our records, the books and the provider's list. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Problem } from '../../api';
import { client } from '../../api/client.gen';
import type { Attempt } from '../../queries';

type Evidence = Readonly<Record<string, unknown>> | null;

export interface Run {
  id: string;
  connection_id: string;
  since: string;
  until: string;
  status: string;
  compared: number;
  repaired: number;
  standing: number;
  error: string | null;
  created_at: string;
  finished_at: string | null;
}

export interface Finding {
  id: string;
  kind: string;
  subject: string;
  payment_id: string | null;
  ours: Evidence;
  ledger: Evidence;
  theirs: Evidence;
  repaired: boolean;
}

interface Headers {
  'Holdfast-Tenant': string;
}

const PATH = '/api/payments/reconciliations';

export const runsOptions = (headers: Headers) =>
  infiniteQueryOptions({
    queryKey: [{ _id: 'paymentsListReconciliations', _infinite: true, headers }] as const,
    queryFn: async ({ pageParam, signal }) =>
      (
        await client.get<{ 200: { items: Run[]; next?: string | null } }, Problem, true>({
          url: PATH,
          headers: { ...headers },
          query: { limit: 25, ...(pageParam !== null && { after: pageParam }) },
          signal,
        })
      ).data,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
  });

export const runOptions = (headers: Headers, id: string) =>
  queryOptions({
    queryKey: [{ _id: 'paymentsShowReconciliation', headers, path: { reconciliation_id: id } }] as const,
    queryFn: async ({ signal }) =>
      (
        await client.get<{ 200: { run: Run; findings: Finding[] } }, Problem, true>({
          url: `${PATH}/{id}`,
          headers: { ...headers },
          path: { id },
          signal,
        })
      ).data,
  });

export const compare = (headers: Headers & Attempt['headers'], connection_id: string) =>
  client.post<{ 201: Run }, Problem, true>({ url: PATH, headers: { ...headers }, body: { connection_id } });
