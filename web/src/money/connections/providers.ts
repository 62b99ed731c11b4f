/** The providers that can be connected, by the names that people know them by. */

import type { Provider } from '../types';

export const PROVIDERS: Readonly<Record<Provider['provider'], { name: string; sandbox: boolean }>> = {
  stripe: { name: 'Stripe', sandbox: false },
  razorpay: { name: 'Razorpay', sandbox: false },
  'sandbox-stripe': { name: 'Sandbox (Stripe)', sandbox: true },
  'sandbox-razorpay': { name: 'Sandbox (Razorpay)', sandbox: true },
};

/** Test or live, as the beginning of a key tells; null while nothing tells it. */
export function modeOf(credentials: Readonly<Record<string, string>>): 'test' | 'live' | null {
  for (const key of Object.values(credentials)) {
    if (/^(sk|rk|pk)_test_|^rzp_test_/.test(key.trim())) return 'test';
    if (/^(sk|rk|pk)_live_|^rzp_live_/.test(key.trim())) return 'live';
  }
  return null;
}
