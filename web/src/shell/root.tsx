import { createRootRouteWithContext, Outlet } from '@tanstack/react-router';
import { Failure } from './Failure';
import { NotFound } from './NotFound';
import { useSessionWatch } from './sessionWatch';
import type { ShellContext } from './systems';

/** Every page stands below this: it notices when the session is over. */
function Root() {
  useSessionWatch();
  return <Outlet />;
}

export const rootRoute = createRootRouteWithContext<ShellContext>()({
  component: Root,
  errorComponent: Failure,
  notFoundComponent: NotFound,
});
