/** What a signed-in person sees and does of their own money at a business. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  BillingListOwnAccountsResponse,
  BillingListOwnInvoicesResponse,
  BillingShowOwnInvoiceResponse,
  PaymentsListOwnMethodsResponse,
  PaymentsListOwnPaymentsResponse,
  Problem,
} from '../../api';
import { client } from '../../api/client.gen';
import type { Attempt } from '../../queries';

export type Account = BillingListOwnAccountsResponse['items'][number];
export type Method = PaymentsListOwnMethodsResponse['items'][number];
export type PaymentItem = PaymentsListOwnPaymentsResponse['items'][number];
export type Invoice = BillingListOwnInvoicesResponse['items'][number];
export type InvoiceDetail = BillingShowOwnInvoiceResponse;
export type InvoiceLine = InvoiceDetail['lines'][number];
export type Party = Invoice['seller'];
export type Derivation = InvoiceLine['derivations'][number];
/** A payment as a list and an invoice tell it. */
export type Payment = Pick<
  PaymentItem,
  | 'id'
  | 'amount'
  | 'captured'
  | 'refunded'
  | 'status'
  | 'shown'
  | 'description'
  | 'purpose'
  | 'method_kind'
  | 'method_brand'
  | 'method_last4'
  | 'decline_message'
  | 'created_at'
  | 'captured_at'
>;

export interface Listing<Item> {
  items: Item[];
  next?: string | null;
}

type Headers = Attempt['headers'];

export async function get<Answer>(
  url: string,
  signal: AbortSignal,
  query?: Record<string, unknown>,
): Promise<Answer> {
  const asked = await client.get<{ 200: Answer }, Problem, true>({ url, signal, ...(query && { query }) });
  return asked.data;
}

export function send<Answer>(url: string, headers: Headers, body?: unknown) {
  return client.post<{ 200: Answer }, Problem, true>({ url, headers, ...(body !== undefined && { body }) });
}

export function drop(url: string, headers: Headers) {
  return client.delete<{ 204: undefined }, Problem, true>({ url, headers });
}

export const at = (tenant: string, rest: string) => `/api/own/${tenant}/${rest}`;

export const listAccounts = async (signal: AbortSignal) =>
  (await get<BillingListOwnAccountsResponse>('/api/own/accounts', signal)).items;

/** Everything of one business, so that a change there asks all of it again. */
export const ownKey = (tenant: string) => ['own', tenant] as const;

export const methodsOptions = (tenant: string, refresh = false) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'methods'] as const,
    queryFn: async ({ signal }) => {
      const url = at(tenant, 'methods');
      if (!refresh) return (await get<Listing<Method>>(url, signal)).items;
      try {
        return (await client.post<{ 200: Listing<Method> }, Problem, true>({ url: `${url}/refresh`, signal }))
          .data.items;
      } catch {
        // The provider does not say at the moment; what is known is shown.
        return (await get<Listing<Method>>(url, signal)).items;
      }
    },
  });

const pages = <Item>(tenant: string, what: string) =>
  infiniteQueryOptions({
    queryKey: [...ownKey(tenant), what] as const,
    queryFn: ({ pageParam, signal }) =>
      get<Listing<Item>>(at(tenant, what), signal, pageParam === null ? {} : { after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Listing<Item>) => page.next ?? null,
  });

export const invoicesOptions = (tenant: string) => pages<Invoice>(tenant, 'invoices');
export const paymentsOptions = (tenant: string) => pages<Payment>(tenant, 'payments');

export const invoiceOptions = (tenant: string, invoice: string) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'invoices', invoice] as const,
    queryFn: ({ signal }) => get<InvoiceDetail>(at(tenant, `invoices/${invoice}`), signal),
  });
