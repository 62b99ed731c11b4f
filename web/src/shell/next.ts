/** Where somebody goes after signing in: back to where they wanted to go, on this site only, or to where they belong. */

import type { Me } from '../api';

/** Pages on the way in; whoever has signed in does not want to come back to one. */
const ON_THE_WAY = /^\/(sign-in|register|verify|forgot-password|reset-password)(\/|$)/;
/** Pages that are not part of this application, so that the browser has to load them. */
const ELSEWHERE = /^\/(card|join)(\/|#|\?|$)/;
const KEPT = 'holdfast.console';

/**
 * The wanted address when it is a path of this site; undefined for everything else, such as `https://elsewhere`,
 * `//elsewhere`, `/\elsewhere` and `javascript:`, with which a link to our sign-in could send people to another site.
 */
export function safeNext(next: unknown, origin: string = window.location.origin): string | undefined {
  if (typeof next !== 'string' || !next.startsWith('/') || next.length > 2000) return undefined;
  let url: URL;
  try {
    url = new URL(next, origin);
  } catch {
    return undefined;
  }
  if (url.origin !== origin || url.pathname.startsWith('//')) return undefined;
  if (ON_THE_WAY.test(url.pathname)) return undefined;
  return url.pathname + url.search + url.hash;
}

/** Whether the browser has to load the page, because the application's router does not know it. */
export const isElsewhere = (path: string) => ELSEWHERE.test(path);

/** The businesses in which somebody works, as opposed to those whose customer they are. */
export const workplaces = (me: Me) => me.businesses.filter((business) => business.role !== 'customer');

/** Where a signed-in person belongs: the console they worked in last, or what they hold. */
export function homeOf(me: Me): string {
  const places = workplaces(me);
  const last = places.find((business) => business.slug === localStorage.getItem(KEPT)) ?? places[0];
  return last === undefined ? '/home' : `/console/${last.slug}`;
}

/** The console that somebody works in, so that the next sign-in leads there. */
export function rememberConsole(slug: string): void {
  localStorage.setItem(KEPT, slug);
}

export function forgetConsole(): void {
  localStorage.removeItem(KEPT);
}
