/** The shell's own addresses: welcome, sign-in in all its ways, home, account. */

import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { ApiProblem } from '../client';
import { queryClient } from '../queries';
import { homeOf, isElsewhere, safeNext } from './next';
import { rootRoute } from './root';
import { meOptions, signedInOnly } from './session';

export { consoleRoute, shellConsoleRoutes } from './console/route';
export { rootRoute } from './root';

const root = { getParentRoute: () => rootRoute } as const;

/** What a sign-in page says when somebody was sent there. */
const NOTICES = ['over', 'reset', 'verified', 'joined'] as const;
type Notice = (typeof NOTICES)[number];

interface WayIn {
  /** Where to go after signing in. */
  next?: string | undefined;
  /** The address that is filled in already. */
  email?: string | undefined;
}

type Raw = Record<string, unknown>;

/** What may be believed of an address. A member that is left out would stay what the address says. */
const wayIn = ({ next, email }: Raw): WayIn => ({
  next: safeNext(next),
  email: typeof email === 'string' && email !== '' ? email.slice(0, 254) : undefined,
});

const noticeOf = ({ notice }: Raw): Notice | undefined => NOTICES.find((one) => one === notice);

/** Whoever is signed in goes on to where they want to go, or where they belong. */
async function guestsOnly(next?: string): Promise<void> {
  const me = await queryClient.ensureQueryData(meOptions).catch((error: unknown) => {
    // Without a network nobody can sign in anyway, and the page says so.
    if (error instanceof ApiProblem) return null;
    throw error;
  });
  if (me === null) return;
  const href = next ?? homeOf(me);
  throw redirect({ href, reloadDocument: isElsewhere(href), replace: true });
}

/** Every primitive in every state, for those who build the application; a build for others holds nothing of it. */
const designRoutes = import.meta.env.DEV
  ? [
      createRoute({
        ...root,
        path: 'design',
        component: lazyRouteComponent(() => import('../ui/design/Design'), 'Design'),
      }),
    ]
  : [];

export const shellRoutes = [
  ...designRoutes,
  createRoute({
    ...root,
    path: '/',
    loader: () => guestsOnly(),
    component: lazyRouteComponent(() => import('./welcome/Welcome'), 'Welcome'),
  }),
  createRoute({
    ...root,
    path: 'sign-in',
    validateSearch: (search: Raw): WayIn & { notice?: Notice | undefined } => ({
      ...wayIn(search),
      notice: noticeOf(search),
    }),
    loaderDeps: ({ search: { next } }) => ({ next }),
    loader: ({ deps: { next } }) => guestsOnly(next),
    component: lazyRouteComponent(() => import('./signin/SignIn'), 'SignIn'),
  }),
  createRoute({
    ...root,
    path: 'register',
    validateSearch: wayIn,
    loaderDeps: ({ search: { next } }) => ({ next }),
    loader: ({ deps: { next } }) => guestsOnly(next),
    component: lazyRouteComponent(() => import('./signin/Register'), 'Register'),
  }),
  createRoute({
    ...root,
    path: 'verify',
    validateSearch: (search: Raw): WayIn & { email: string } => {
      const { next, email = '' } = wayIn(search);
      return { next, email };
    },
    component: lazyRouteComponent(() => import('./signin/Verify'), 'Verify'),
  }),
  createRoute({
    ...root,
    path: 'forgot-password',
    validateSearch: wayIn,
    component: lazyRouteComponent(() => import('./signin/ForgotPassword'), 'ForgotPassword'),
  }),
  createRoute({
    ...root,
    path: 'reset-password/$token',
    component: lazyRouteComponent(() => import('./signin/ResetPassword'), 'ResetPassword'),
  }),
  createRoute({
    ...root,
    path: 'invitations/$token',
    component: lazyRouteComponent(() => import('./signin/AcceptInvitation'), 'AcceptInvitation'),
  }),
  createRoute({
    ...root,
    path: 'home',
    component: lazyRouteComponent(() => import('./customer/Home'), 'Home'),
  }),
  createRoute({
    ...root,
    path: 'account',
    loader: signedInOnly,
    component: lazyRouteComponent(() => import('./account/Account'), 'Account'),
  }),
];
