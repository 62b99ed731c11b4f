/** How payouts stand, and what can still be told of one that somebody took to the bank in a file. */

import type { PayoutsListPayoutsResponse, PayoutsPayoutsStatus } from '../../api';
import type { Tone } from '../../ui/StatusBadge';

export type Listed = PayoutsListPayoutsResponse['items'][number];

export const PAYOUT_TONES: Readonly<Record<PayoutsPayoutsStatus, Tone>> = {
  requested: 'warn',
  approved: 'info',
  sending: 'info',
  unknown: 'warn',
  processing: 'info',
  paid: 'good',
  failed: 'bad',
  returned: 'bad',
  rejected: 'neutral',
  cancelled: 'neutral',
};

const UNDER_WAY: ReadonlySet<PayoutsPayoutsStatus> = new Set([
  'approved',
  'sending',
  'unknown',
  'processing',
]);

/** What a bank can have done with a payout as it stands; nothing where no file left with it, or where all is known. */
export function bankCanHave({
  status,
  file_number,
}: Pick<Listed, 'status' | 'file_number'>): ReadonlyArray<'paid' | 'failed' | 'returned'> {
  // Of one whose rail does not say what became of it, whoever looked at the bank's own page may.
  if (file_number === null) return status === 'unknown' ? ['paid', 'failed'] : [];
  if (status === 'paid') return ['returned'];
  return UNDER_WAY.has(status) ? ['paid', 'failed'] : [];
}
