/** Where a person finds their accounts at businesses: on their own page, beside what they hold. */

import type { HomePart } from '../../shell/systems';
import { part } from '../../ui/part';

export const moneyHome: HomePart = {
  ask: async (signal) => (await import('./api')).listAccounts(signal),
  Section: part(() => import('./Accounts'), 'Accounts'),
};
