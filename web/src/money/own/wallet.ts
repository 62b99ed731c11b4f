/** What a business owes to a person who earns there, what moved of it, and what was asked for. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  PayoutsListOwnPayoutsResponse,
  PayoutsListOwnWalletEntriesResponse,
  PayoutsListOwnWalletsResponse,
} from '../../api';
import { minorOf } from '../../ui/amounts';
import type { Money } from '../../ui/format';
import type { Tone } from '../../ui/StatusBadge';
import { at, get, type Listing, ownKey } from './api';

export type OwnWallet = PayoutsListOwnWalletsResponse['items'][number];
export type Account = OwnWallet['destinations'][number];
export type Entry = PayoutsListOwnWalletEntriesResponse['items'][number];
export type Payout = PayoutsListOwnPayoutsResponse['items'][number];

/** Of somebody who earns nothing there it is an empty list, so that asking is never a failure. */
export const walletsOptions = (tenant: string) =>
  queryOptions({
    queryKey: [...ownKey(tenant), 'wallets'] as const,
    queryFn: async ({ signal }) =>
      (await get<PayoutsListOwnWalletsResponse>(at(tenant, 'wallets'), signal)).items,
  });

const PAGE = 20;

const pages = <Item>(tenant: string, wallet: string, what: 'entries' | 'payouts') =>
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

export const entriesOptions = (tenant: string, wallet: string) => pages<Entry>(tenant, wallet, 'entries');
export const payoutsOptions = (tenant: string, wallet: string) => pages<Payout>(tenant, wallet, 'payouts');

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

const MOVES = {
  'wallets.released': 'earned',
  'wallets.debt_settled': 'settled',
  'wallets.clawed_back': 'back',
  'payouts.held': 'held',
  'payouts.released': 'released',
  'payouts.paid': 'paid',
  'payouts.returned': 'returned',
} as const;

export type Move = (typeof MOVES)[keyof typeof MOVES] | 'in' | 'out';

export interface Moved {
  word: Move;
  amount: Money;
  /** What is set aside stays in the wallet, so it is neither added nor taken. */
  aside: boolean;
}

/** What an entry of the statement means for whoever's wallet it is; a code of a newer release by its direction. */
export function movedBy(entry: Pick<Entry, 'code' | 'change' | 'amount'>, currency: string): Moved {
  const known = Object.entries(MOVES).find(([code]) => code === entry.code)?.[1];
  const aside = entry.change === 0;
  return {
    word: known ?? (entry.change < 0 ? 'out' : 'in'),
    amount: { minor: aside ? entry.amount : entry.change, currency },
    aside,
  };
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
