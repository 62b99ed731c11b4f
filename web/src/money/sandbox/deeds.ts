/** What can happen to a charge in the sandbox, as it stands. */

import type { SandboxListPaymentsResponse } from '../../api';

export type SandboxCharge = SandboxListPaymentsResponse['items'][number];
export type Deed = 'settle' | 'fail' | 'dispute' | 'refund' | 'win' | 'lose';

export function deedsOf({ standing, dispute, captured, refunded }: SandboxCharge): Deed[] {
  if (standing === 'processing' || standing === 'requires_action') return ['settle', 'fail'];
  if (standing !== 'captured') return [];
  if (dispute === 'needs_response' || dispute === 'under_review') return ['win', 'lose'];
  if (dispute !== null) return [];
  return refunded.minor < captured.minor ? ['refund', 'dispute'] : ['dispute'];
}
