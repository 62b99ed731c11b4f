/** What a command on payouts changes, which is asked for again. */

import type { QueryClient } from '@tanstack/react-query';
import { forget } from '../parts/forget';

const OF_PAYOUTS = ['payoutsListPayouts', 'payoutsShowPayout'] as const;
const OF_WALLETS = [
  'payoutsListWallets',
  'payoutsShowWallet',
  'payoutsListWalletEntries',
  'payoutsListWalletEarnings',
  'payoutsShowStatement',
] as const;

/** A payout moved, and with it what is in its wallet. */
export const again = (client: QueryClient) =>
  forget(client, [...OF_PAYOUTS, ...OF_WALLETS, 'payoutsListFiles']);
