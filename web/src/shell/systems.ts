/**
 * How a system plugs into the shell, which imports none of them: each declares its pages, what it finds, and how it
 * shows what people hold. `src/routes.tsx` puts the declarations together and hands them to the router.
 */

import type { Icon } from '@tabler/icons-react';
import { useRouteContext } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { HoldingsHoldingsItem } from '../api';
import type shell from '../locales/en/shell.json';
import type { Business } from './session';

/** Something that a person holds, as `GET /api/holdings` tells it. */
export type Holding = HoldingsHoldingsItem;

/** The words of the frame stand in the shell's own catalogue, which is complete in every language. */
export type ShellText = keyof typeof shell;

export interface ConsolePage {
  /** The address inside the console, such as `loyalty/members`. */
  path: string;
  label: ShellText;
  icon: Icon;
  /** Who may see it; anybody who works here when absent. */
  grant?: string;
  /** Whether the page stands in the bar at the bottom of a phone, which has room for four. */
  onPhone?: boolean;
}

/** Something that a search found. */
export interface Found {
  id: string;
  label: string;
  description?: string;
  /** The address inside the console. */
  path: string;
}

export interface Search {
  /** What is searched, as the heading of what was found. */
  label: ShellText;
  icon: Icon;
  grant: string;
  find: (business: Business, text: string, signal: AbortSignal) => Promise<Found[]>;
}

/** Something that this browser keeps, and how it comes into the account of whoever is signed in. */
export interface Kept {
  holding: Holding;
  keep: () => Promise<void>;
}

export interface System {
  /** As the api calls it in `systems`. */
  name: string;
  /** Every business has it, without switching it on; each person sees of it what they may. */
  always?: true;
  label: ShellText;
  description: ShellText;
  icon: Icon;
  pages: readonly ConsolePage[];
  /** Pages outside the console to which it leads, such as the stamper. */
  tools?: ReadonlyArray<{ to: string; label: ShellText; icon: Icon; grant?: string }>;
  searches?: readonly Search[];
  /** By the kind of a holding, the card that shows it. */
  holdings?: Readonly<Record<string, ComponentType<{ holding: Holding }>>>;
  /** What this browser keeps of the system without an account. */
  kept?: () => Promise<Kept[]>;
  /** What a person has there beside the things that they hold, on their own page. */
  home?: HomePart;
}

/** A part of a person's own page; it stands there when there is something to show. */
export interface HomePart {
  ask: (signal: AbortSignal) => Promise<readonly unknown[]>;
  Section: ComponentType<{ person: string }>;
}

/** Under which a part of a person's own page is remembered, so that the page and the part ask once. */
export const homeKey = (system: string, person: string | undefined) => ['home', system, person] as const;

/** What the router carries to every page. */
export interface ShellContext {
  systems: readonly System[];
}

/** Every system of the application. */
export function useSystems(): readonly System[] {
  return useRouteContext({ strict: false }).systems ?? [];
}

/** Those that a business has switched on, and those that every business has and this person may see. */
export function useSystemsOf(business: Pick<Business, 'systems' | 'may'>): readonly System[] {
  return useSystems().filter(({ name, always, pages }) =>
    always
      ? pages.some(({ grant }) => grant === undefined || business.may(grant))
      : business.systems.includes(name),
  );
}
