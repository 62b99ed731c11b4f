import { NavLink } from '@mantine/core';
import { Link, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../session';
import { type ConsolePage, type System, useSystemsOf } from '../systems';
import classes from './Navigation.module.css';
import { allowed, consolePath, OWN_PAGES } from './pages';

/** The longest address that the present one begins with: a member's page belongs to the members. */
function useCurrent(paths: string[]): string | undefined {
  const here = useRouterState({ select: (state) => state.location.pathname.replace(/\/$/, '') });
  return paths
    .filter((path) => here === path || here.startsWith(`${path}/`))
    .sort((one, other) => other.length - one.length)[0];
}

/** Where somebody can go in this console. */
export function Navigation() {
  const { t } = useTranslation();
  const business = useBusiness();
  const systems = useSystemsOf(business);
  const everywhere = [...systems.flatMap((system) => system.pages), ...OWN_PAGES];
  const current = useCurrent(everywhere.map(({ path }) => consolePath(business.slug, path)));
  const links = (pages: readonly ConsolePage[]) =>
    allowed(pages, business).map((page) => {
      const to = consolePath(business.slug, page.path);
      return (
        <NavLink
          key={page.path}
          component={Link}
          to={to}
          // The router would mark every address that this one begins with; one page alone is the current one.
          activeOptions={{ exact: true }}
          label={t(page.label)}
          leftSection={<page.icon size={20} stroke={1.6} aria-hidden="true" />}
          className={classes.link}
          active={current === to}
          aria-current={current === to ? 'page' : undefined}
        />
      );
    });
  return (
    <nav aria-label={t('navigation')} className={classes.navigation}>
      {systems.map((system) => (
        <Part key={system.name} system={system} alone={systems.length === 1}>
          {links(system.pages)}
          {allowed(system.tools ?? [], business).map((tool) => (
            <NavLink
              key={tool.to}
              component={Link}
              to={tool.to}
              label={t(tool.label)}
              leftSection={<tool.icon size={20} stroke={1.6} aria-hidden="true" />}
              className={classes.link}
            />
          ))}
        </Part>
      ))}
      <div className={classes.own}>{links(OWN_PAGES)}</div>
    </nav>
  );
}

/** A system's pages; with its name above them where there are several systems. */
function Part({ system, alone, children }: { system: System; alone: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={classes.part}>
      {!alone && <div className={classes.name}>{t(system.label)}</div>}
      {children}
    </div>
  );
}
