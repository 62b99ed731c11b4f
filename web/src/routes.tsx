/** The application's addresses: the shell's, and those of each system. The one file that knows every part. */

import { createRouter } from '@tanstack/react-router';
import { Failure } from './shell/Failure';
import { NotFound } from './shell/NotFound';
import { consoleRoute, rootRoute, shellConsoleRoutes, shellRoutes } from './shell/routes';
import { loyalty } from './systems/loyalty/navigation';
import { loyaltyConsoleRoutes, loyaltyRoutes } from './systems/loyalty/routes';

const routeTree = rootRoute.addChildren([
  ...shellRoutes,
  consoleRoute.addChildren([...shellConsoleRoutes, ...loyaltyConsoleRoutes]),
  ...loyaltyRoutes,
]);

export const router = createRouter({
  routeTree,
  context: { systems: [loyalty] },
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
