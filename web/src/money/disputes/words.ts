/** Why payers complain, in plain words. */

import { useTranslation } from 'react-i18next';

const REASONS = [
  'fraudulent',
  'product_not_received',
  'product_unacceptable',
  'duplicate',
  'subscription_canceled',
  'credit_not_processed',
  'unrecognized',
  'general',
] as const;

export const reasonKey = (reason: string): (typeof REASONS)[number] | null =>
  REASONS.find((one) => one === reason) ?? null;

/** The reason as a sentence; the provider's own word where this application knows no better one. */
export function useReason(): (reason: string) => string {
  const { t } = useTranslation('money');
  return (reason) => {
    const key = reasonKey(reason);
    return key === null ? reason.replaceAll('_', ' ') : t(`dispute.reason.${key}`);
  };
}
