/** The application's addresses: the shell's, and those of each system. The one file that knows every part. */

import { createRouter } from '@tanstack/react-router';
import { money } from './money/navigation';
import { accountPages, accountRoute, customerMoneyRoutes } from './money/own/routes';
import { moneyConsoleRoutes, treasuryPages, treasuryRoute } from './money/routes';
import { Failure } from './shell/Failure';
import { NotFound } from './shell/NotFound';
import { consoleRoute, rootRoute, shellConsoleRoutes, shellRoutes } from './shell/routes';
import { loyalty } from './systems/loyalty/navigation';
import { loyaltyConsoleRoutes, loyaltyRoutes } from './systems/loyalty/routes';

const routeTree = rootRoute.addChildren([
  ...shellRoutes,
  consoleRoute.addChildren([
    ...shellConsoleRoutes,
    ...loyaltyConsoleRoutes,
    ...moneyConsoleRoutes,
    treasuryRoute.addChildren(treasuryPages),
  ]),
  ...loyaltyRoutes,
  ...customerMoneyRoutes,
  accountRoute.addChildren(accountPages),
]);

export const router = createRouter({
  routeTree,
  context: { systems: [loyalty, money] },
  defaultPreload: 'intent',
  defaultErrorComponent: Failure,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
