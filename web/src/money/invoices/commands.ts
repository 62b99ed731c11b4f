/** What can be done about an invoice; the invoice and its lists show the outcome at once. */

import { useQueryClient } from '@tanstack/react-query';
import {
  billingCollectInvoice,
  billingCreditInvoice,
  billingMakeInvoiceLink,
  billingSettleInvoice,
  billingVoidInvoice,
  billingWriteOffInvoice,
} from '../../api';
import { type Attempt, useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import type { Money } from '../../ui/format';
import { forget } from '../parts/forget';

const CHANGED = ['billingShowInvoice', 'billingListInvoices', 'billingExplain', 'paymentsListPayments'];

interface Where {
  headers: { 'Holdfast-Tenant': string } & Attempt['headers'];
  path: { invoice_id: string };
}

/** A command on an invoice. */
function useOn<Body, Answer>(
  invoice: string,
  order: (where: Where, body: Body) => Promise<{ data: Answer }>,
) {
  const { headers } = useBusiness();
  const client = useQueryClient();
  return useCommand({
    send: (body: Body, attempt) =>
      order({ headers: { ...headers, ...attempt.headers }, path: { invoice_id: invoice } }, body),
    onSuccess: () => forget(client, CHANGED),
  });
}

export const useVoid = (invoice: string) =>
  useOn(invoice, (where, body: { reason: string }) => billingVoidInvoice({ ...where, body }));

export const useWriteOff = (invoice: string) =>
  useOn(invoice, (where, body: { reason: string }) => billingWriteOffInvoice({ ...where, body }));

export const useCollect = (invoice: string) =>
  useOn(invoice, (where, _: null) => billingCollectInvoice(where));

export const useSettle = (invoice: string) =>
  useOn(invoice, (where, body: { method: 'cash' | 'transfer'; reference?: string }) =>
    billingSettleInvoice({ ...where, body }),
  );

export const useCredit = (invoice: string) =>
  useOn(invoice, (where, body: { amount: Money; reason: string; refund: boolean }) =>
    billingCreditInvoice({ ...where, body }),
  );

export const useLink = (invoice: string) => useOn(invoice, (where, _: null) => billingMakeInvoiceLink(where));
