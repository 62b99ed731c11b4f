/** What an entry of a wallet's statement means, and what an earning was for. */

import type { Earning, Movement, WalletEntry } from '../../api';
import type { Money } from '../../ui/format';
import type { Tone } from '../../ui/StatusBadge';

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

type Entry = Pick<WalletEntry, 'code' | 'change' | 'amount'> | Pick<Movement, 'code' | 'change'>;

/** What an entry means for whoever's wallet it is; a code of a newer release by its direction. */
export function movedBy(entry: Entry, currency: string): Moved {
  const known = Object.entries(MOVES).find(([code]) => code === entry.code)?.[1];
  const aside = entry.change === 0 && 'amount' in entry;
  return {
    word: known ?? (entry.change < 0 ? 'out' : 'in'),
    amount: { minor: aside ? entry.amount : entry.change, currency },
    aside,
  };
}

export type EarningWord = 'commission' | 'share' | 'other';

/** What an earning is called that came without a description: by the last part of its code. */
export function earningWord(code: string): EarningWord {
  const last = code.slice(code.lastIndexOf('.') + 1);
  return last === 'commission' || last === 'share' ? last : 'other';
}

/** Whether an earning can be paid out, waits for its day, or is wholly gone again. */
export function earningStanding({ status, amount, clawed }: Pick<Earning, 'status' | 'amount' | 'clawed'>): {
  word: 'available' | 'waits' | 'gone';
  tone: Tone;
} {
  if (clawed.minor >= amount.minor) return { word: 'gone', tone: 'neutral' };
  return status === 'available' ? { word: 'available', tone: 'good' } : { word: 'waits', tone: 'info' };
}
