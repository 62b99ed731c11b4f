import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { queryClient } from '../../queries';
import { NotFound } from '../NotFound';
import { workplaces } from '../next';
import { rootRoute } from '../root';
import { placeOptions, signedInOnly } from '../session';

/** The console of the business that the address names. Who is not signed in signs in first and comes back. */
export const consoleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'console/$slug',
  component: lazyRouteComponent(() => import('./ConsoleLayout'), 'ConsoleLayout'),
  notFoundComponent: NotFound,
  loader: async ({ params, location }) => {
    const me = await signedInOnly({ location });
    const business = workplaces(me).find((one) => one.slug === params.slug);
    // The layout says it to whoever has no place here.
    if (business !== undefined) await queryClient.ensureQueryData(placeOptions(business.tenant));
  },
});

const inConsole = { getParentRoute: () => consoleRoute } as const;

/** The shell's own pages of a console. */
export const shellConsoleRoutes = [
  createRoute({
    ...inConsole,
    path: '/',
    component: lazyRouteComponent(() => import('./ConsoleStart'), 'ConsoleStart'),
  }),
  createRoute({
    ...inConsole,
    path: 'people',
    component: lazyRouteComponent(() => import('../people/People'), 'People'),
  }),
  createRoute({
    ...inConsole,
    path: 'settings',
    component: lazyRouteComponent(() => import('../settings/Settings'), 'Settings'),
  }),
];
