/** Which pages of a console somebody sees: of the systems that are switched on, by what they may do. */

import { IconSettings, IconUsers } from '@tabler/icons-react';
import type { Business } from '../session';
import type { ConsolePage, System } from '../systems';

/** The shell's own pages, which every business has. */
export const OWN_PAGES: readonly ConsolePage[] = [
  { path: 'people', label: 'nav.people', icon: IconUsers, grant: 'people.read' },
  { path: 'settings', label: 'nav.settings', icon: IconSettings, grant: 'tenants.read' },
];

export const allowed = <Entry extends { grant?: string }>(entries: readonly Entry[], business: Business) =>
  entries.filter(({ grant }) => grant === undefined || business.may(grant));

/** The first page that somebody may see, where the console opens; null when there is none. */
export function firstPage(systems: readonly System[], business: Business): string | null {
  const pages = [...systems.flatMap((system) => system.pages), ...OWN_PAGES];
  return allowed(pages, business)[0]?.path ?? null;
}

export const consolePath = (slug: string, path: string) => `/console/${slug}/${path}`;
