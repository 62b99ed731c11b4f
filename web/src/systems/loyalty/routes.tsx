/** Loyalty's screens: the console's under the business that the address names, and the stamper's. */

import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { declareLive } from '../../live';
import { consoleRoute } from '../../shell/console/route';
import { rootRoute } from '../../shell/root';
import { signedInOnly } from '../../shell/session';
import { memberFilter, onlyWindow, windowAndProgram } from './address';
import { loyaltyLive } from './live';
import { posterSearch } from './poster/address';
import { programsSearch } from './programs/address';
import { newSetup, setupSearch } from './setup/address';

declareLive(loyaltyLive);

const console_ = { getParentRoute: () => consoleRoute } as const;

export const loyaltyConsoleRoutes = [
  createRoute({
    ...console_,
    path: 'loyalty',
    validateSearch: windowAndProgram,
    component: lazyRouteComponent(() => import('./Dashboard'), 'Dashboard'),
  }),
  createRoute({
    ...console_,
    path: 'loyalty/members',
    validateSearch: memberFilter,
    component: lazyRouteComponent(() => import('./Members'), 'Members'),
  }),
  createRoute({
    ...console_,
    path: 'loyalty/members/$memberId',
    component: lazyRouteComponent(() => import('./Member'), 'Member'),
  }),
  createRoute({
    ...console_,
    path: 'loyalty/programs',
    validateSearch: programsSearch,
    component: lazyRouteComponent(() => import('./Programs'), 'Programs'),
  }),
  createRoute({
    ...console_,
    path: 'loyalty/poster',
    validateSearch: posterSearch,
    component: lazyRouteComponent(() => import('./Poster'), 'Poster'),
  }),
  createRoute({
    ...console_,
    path: 'loyalty/staff',
    validateSearch: onlyWindow,
    component: lazyRouteComponent(() => import('./Staff'), 'Staff'),
  }),
  createRoute({
    ...console_,
    path: 'loyalty/devices',
    component: lazyRouteComponent(() => import('./Devices'), 'Devices'),
  }),
];

export const loyaltyRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: 'start',
    validateSearch: setupSearch,
    beforeLoad: ({ search }) => {
      if (search.business === undefined) throw redirect({ to: '/start', search: newSetup(), replace: true });
    },
    loader: signedInOnly,
    component: lazyRouteComponent(() => import('./Setup'), 'Setup'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: 'stamper',
    component: lazyRouteComponent(() => import('./stamper/Stamper'), 'Stamper'),
  }),
];
