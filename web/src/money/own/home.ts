/** Where a person finds their accounts at businesses: on their own page, beside what they hold. */

import { lazy } from 'react';
import type { HomePart } from '../../shell/systems';

export const moneyHome: HomePart = {
  ask: async (signal) => (await import('./api')).listAccounts(signal),
  Section: lazy(() => import('./Accounts').then((module) => ({ default: module.Accounts }))),
};
