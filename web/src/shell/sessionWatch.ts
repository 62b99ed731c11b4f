/** A session that ends while a page is open: the page gives way to the sign-in, which leads back to it. */

import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ApiProblem } from '../client';
import { queryClient } from '../queries';
import { askMe, ME_KEY, sessionOver } from './session';

/** Pages that somebody must be signed in for; every other goes on without. */
const PRIVATE = /^\/(console|account|start)(\/|$)/;

const isRefused = (error: unknown) => error instanceof ApiProblem && error.status === 401;

/** Watches every answer: a 401 while somebody is signed in may mean that they are not any more. */
export function useSessionWatch(): void {
  const router = useRouter();
  useEffect(() => {
    let busy = false;
    const leave = async () => {
      const { pathname, href } = router.state.location;
      await sessionOver();
      if (PRIVATE.test(pathname))
        await router.navigate({ to: '/sign-in', search: { next: href, notice: 'over' }, replace: true });
    };
    const once = async (act: () => Promise<void>) => {
      if (busy) return;
      busy = true;
      try {
        await act();
      } catch {
        // Whether it is over cannot be told without a network; the next answer tells.
      } finally {
        busy = false;
      }
    };
    const suspect = async () => {
      // Of the reasons for a 401, such as a paired device that was revoked, only one is ours.
      if (queryClient.getQueryData(ME_KEY) && (await askMe()) === null) await leave();
    };
    const queries = queryClient.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated') return;
      const { action } = event;
      if (action.type === 'error' && isRefused(action.error)) void once(suspect);
      // The page asked again who is there, and nobody is: another tab has signed out.
      const isMe = event.query.queryHash === JSON.stringify(ME_KEY);
      if (isMe && action.type === 'success' && action.manual !== true && action.data === null)
        void once(leave);
    });
    const commands = queryClient.getMutationCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error' && isRefused(event.action.error))
        void once(suspect);
    });
    return () => {
      queries();
      commands();
    };
  }, [router]);
}
