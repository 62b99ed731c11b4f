import { describe, expect, it } from 'vitest';
import {
  disputeFilter,
  invoiceFilter,
  onlyWindow,
  paymentFilter,
  runChosen,
  subscriptionFilter,
  walletTab,
} from './address';

const ID = '01a1f0ad-4c15-70ce-b540-fdcfa4f9e936';

describe('what the screens of money keep in the address', () => {
  it('takes what it knows, and nothing else', () => {
    expect(paymentFilter({ status: 'unknown', within: '30', search: 42, customer: ID })).toEqual({
      status: 'unknown',
      within: 30,
      search: '42',
      customer: ID,
    });
    expect(paymentFilter({ status: 'stolen', within: 31, search: '', customer: 'somebody' })).toEqual({});
    expect(invoiceFilter({ status: 'paid', overdue: true })).toEqual({ status: 'paid', overdue: true });
    expect(invoiceFilter({ status: 'draft', overdue: 'yes' })).toEqual({});
    expect(subscriptionFilter({ status: 'parked', plan: ID })).toEqual({ status: 'parked', plan: ID });
  });

  it('leaves out what is usual', () => {
    expect(onlyWindow({ days: 30 })).toEqual({});
    expect(onlyWindow({ days: '365' })).toEqual({ days: 365 });
    expect(disputeFilter({ all: false })).toEqual({});
    expect(walletTab({ tab: 'moves' })).toEqual({ tab: 'moves' });
    expect(walletTab({ tab: 'secrets' })).toEqual({});
    expect(runChosen({ run: '../../etc' })).toEqual({});
  });

  it('cuts a search that nobody would type', () => {
    expect(paymentFilter({ search: 'x'.repeat(500) }).search).toHaveLength(100);
  });
});
