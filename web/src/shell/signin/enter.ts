/** Coming in: a sign-in with address and password, and the way to where somebody wanted to go. */

import { type AnyRouter, useRouter } from '@tanstack/react-router';
import { type Me, sessionsLogin } from '../../api';
import type { ApiProblem } from '../../client';
import { isLanguage, speak, spokenHere } from '../../i18n';
import { useCommand } from '../../queries';
import { homeOf, isElsewhere, safeNext } from '../next';
import { sessionBegan } from '../session';

export interface Credentials {
  email: string;
  password: string;
}

/** Goes to an address of this site, which replaces the page that led there. */
export function goTo(router: AnyRouter, wanted: string): void {
  const path = safeNext(wanted) ?? '/';
  if (isElsewhere(path)) window.location.replace(path);
  else router.history.replace(path);
}

/** Who came in reads their own language, unless this browser was told another. */
async function speakTo(me: Me): Promise<void> {
  const language = me.user.locale.split('-')[0];
  if (!spokenHere() && isLanguage(language)) await speak(language);
}

interface Entering {
  /** Where to go afterwards; where they belong when absent. */
  next: string | undefined;
  onError: (problem: ApiProblem, credentials: Credentials) => void;
}

export function useEnter({ next, onError }: Entering) {
  const router = useRouter();
  return useCommand({
    send: async ({ email, password }: Credentials) => {
      // The session stays in an httpOnly cookie; what the answer holds for programs is kept nowhere.
      await sessionsLogin({ body: { email: email.trim(), password, client: 'browser' } });
      return { data: null };
    },
    onError,
    onSuccess: async () => {
      const me = await sessionBegan();
      if (me === null) return;
      await speakTo(me);
      goTo(router, next ?? homeOf(me));
    },
  });
}
