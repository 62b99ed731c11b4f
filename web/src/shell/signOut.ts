/** Signing out, here or everywhere: nothing of the person stays in this browser. */

import { useRouter } from '@tanstack/react-router';
import { sessionsLogout, sessionsLogoutAll } from '../api';
import { ApiProblem } from '../client';
import { useCommand } from '../queries';
import { forgetConsole } from './next';
import { sessionOver } from './session';

export function useSignOut(next = '/', { everywhere = false } = {}) {
  const router = useRouter();
  return useCommand({
    send: async () => {
      try {
        await (everywhere ? sessionsLogoutAll() : sessionsLogout());
      } catch (error) {
        // A session that is over already is what was wanted.
        if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
      }
      return { data: null };
    },
    onSuccess: async () => {
      forgetConsole();
      await sessionOver();
      router.history.replace(next);
    },
  });
}
