/** What a business owes to a person who earns there, what moved of it, and what was asked for. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  PayoutsListOwnPayoutsResponse,
  PayoutsListOwnWalletEarningsResponse,
  PayoutsListOwnWalletEntriesResponse,
  PayoutsListOwnWalletsResponse,
  PayoutsShowOwnStatementResponse,
} from '../../api';
import { minorOf } from '../../ui/amounts';
import type { Tone } from '../../ui/StatusBadge';
import type { Time } from '../parts/statement';
import { at, get, type Listing, ownKey } from './api';

export type OwnWallet = PayoutsListOwnWalletsResponse['items'][number];
export type Account = OwnWallet['destinations'][number];
export type Entry = PayoutsListOwnWalletEntriesResponse['items'][number];
export type Earning = PayoutsListOwnWalletEarningsResponse['items'][number];
export type Payout = PayoutsListOwnPayoutsResponse['items'][number];

/** Of somebody who earns nothing there it is an empty list, so that asking is never a failure. */
export const walletsOptions = (tenant: string) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'wallets'] as const,
    queryFn: async ({ signal }) =>
      (await get<PayoutsListOwnWalletsResponse>(at(tenant, 'wallets'), signal)).items,
  });

const PAGE = 20;

const pages = <Item>(tenant: string, wallet: string, what: 'earnings' | 'entries' | 'payouts') =>
  infiniteQueryOptions({
    queryKey: [...ownKey(tenant), 'wallets', wallet, what] as const,
    queryFn: ({ pageParam, signal }) =>
      get<Listing<Item>>(at(tenant, `wallet/${what}`), signal, {
        wallet,
        limit: PAGE,
        ...(pageParam !== null && { after: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Listing<Item>) => page.next ?? null,
  });

export const earningsOptions = (tenant: string, wallet: string) => pages<Earning>(tenant, wallet, 'earnings');
export const entriesOptions = (tenant: string, wallet: string) => pages<Entry>(tenant, wallet, 'entries');
export const payoutsOptions = (tenant: string, wallet: string) => pages<Payout>(tenant, wallet, 'payouts');

export const statementOptions = (tenant: string, wallet: string, time: Time) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'wallets', wallet, 'statement', time] as const,
    queryFn: ({ signal }) =>
      get<PayoutsShowOwnStatementResponse>(at(tenant, 'wallet/statement'), signal, { wallet, ...time }),
  });

/** The wallet that the address names, or the first; nothing where there is none. */
export const chosenOf = (wallets: readonly OwnWallet[], id: string | undefined): OwnWallet | undefined =>
  wallets.find(({ wallet }) => wallet.id === id) ?? wallets[0];

/** Whether enough is there to ask for it. */
export const canAsk = ({ balances, minimum }: Pick<OwnWallet, 'balances' | 'minimum'>): boolean =>
  balances.available.minor > 0 && balances.available.minor >= minimum.minor;

/** What is wrong with an amount that somebody typed, before the api is asked. */
export function amountFault(
  typed: string,
  { balances, minimum }: Pick<OwnWallet, 'balances' | 'minimum'>,
): 'missing' | 'little' | 'much' | null {
  const minor = minorOf(typed, balances.available.currency);
  if (minor === null || minor <= 0) return 'missing';
  if (minor > balances.available.minor) return 'much';
  return minor < minimum.minor ? 'little' : null;
}

export type PayoutWord =
  | 'requested'
  | 'approved'
  | 'leaving'
  | 'asking'
  | 'paid'
  | 'failed'
  | 'returned'
  | 'rejected'
  | 'cancelled';

/** Which rail it takes and how far it is there is the business's matter; to its party it is on its way. */
const STANDINGS: Record<Payout['status'], { word: PayoutWord; tone: Tone }> = {
  requested: { word: 'requested', tone: 'warn' },
  approved: { word: 'approved', tone: 'info' },
  sending: { word: 'leaving', tone: 'info' },
  processing: { word: 'leaving', tone: 'info' },
  unknown: { word: 'asking', tone: 'info' },
  paid: { word: 'paid', tone: 'good' },
  failed: { word: 'failed', tone: 'bad' },
  returned: { word: 'returned', tone: 'bad' },
  rejected: { word: 'rejected', tone: 'bad' },
  cancelled: { word: 'cancelled', tone: 'neutral' },
};

export const payoutStanding = (status: Payout['status']) => STANDINGS[status];
