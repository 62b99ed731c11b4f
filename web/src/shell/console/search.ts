/** What can be jumped to from anywhere in a console: its pages, other businesses, actions. */

import { useMantineColorScheme } from '@mantine/core';
import {
  type Icon,
  IconBuildingStore,
  IconCards,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { workplaces } from '../next';
import { useBusiness, useMe } from '../session';
import { useSignOut } from '../signOut';
import { useSystemsOf } from '../systems';
import { allowed, consolePath, OWN_PAGES } from './pages';

export interface Entry {
  id: string;
  label: string;
  description?: string;
  icon: Icon;
  act: () => void;
}

/** Letters without accents and case, so that "paginas" finds "Páginas". */
const plain = (text: string) =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLocaleLowerCase();

/** Scripts that write words without spaces between them. */
const UNPARTED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Every word that was typed begins a word of the label, or stands in it where words are not parted. */
export function matches(label: string, typed: string): boolean {
  const whole = plain(label);
  const words = whole.split(/[\s·/-]+/);
  const found = UNPARTED.test(whole)
    ? (wanted: string) => whole.includes(wanted)
    : (wanted: string) => words.some((word) => word.startsWith(wanted));
  return plain(typed).split(/\s+/).filter(Boolean).every(found);
}

/** Everything that the person may jump to. */
export function useEntries(): Entry[] {
  const { t } = useTranslation();
  const router = useRouter();
  const business = useBusiness();
  const systems = useSystemsOf(business);
  const { data: me } = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const to = (path: string) => () => void router.navigate({ to: path });
  const dark = colorScheme === 'dark';
  const pages = allowed([...systems.flatMap((system) => system.pages), ...OWN_PAGES], business);
  const tools = allowed(
    systems.flatMap((system) => system.tools ?? []),
    business,
  );
  const others = (me ? workplaces(me) : []).filter((place) => place.slug !== business.slug);
  return [
    ...pages.map(({ path, label, icon }) => ({
      id: path,
      label: t(label),
      icon,
      act: to(consolePath(business.slug, path)),
    })),
    ...tools.map((tool) => ({ id: tool.to, label: t(tool.label), icon: tool.icon, act: to(tool.to) })),
    ...others.map((place) => ({
      id: place.tenant,
      label: t('search.switch', { business: place.name }),
      icon: IconBuildingStore,
      act: to(`/console/${place.slug}`),
    })),
    { id: 'home', label: t('home.title'), icon: IconCards, act: to('/home') },
    { id: 'account', label: t('account.title'), icon: IconUser, act: to('/account') },
    {
      id: 'scheme',
      label: t(dark ? 'search.light' : 'search.dark'),
      icon: dark ? IconSun : IconMoon,
      act: () => setColorScheme(dark ? 'light' : 'dark'),
    },
    { id: 'sign-out', label: t('signOut'), icon: IconLogout, act: () => signOut.mutate() },
  ];
}
