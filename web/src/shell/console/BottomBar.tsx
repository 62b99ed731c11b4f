import { Link, useRouterState } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../session';
import { useSystemsOf } from '../systems';
import classes from './BottomBar.module.css';
import { allowed, consolePath } from './pages';

const ROOM = 4;

/** On a phone: what is used most, where a thumb reaches it. */
export function BottomBar() {
  const { t } = useTranslation();
  const business = useBusiness();
  const here = useRouterState({ select: (state) => state.location.pathname });
  const systems = useSystemsOf(business);
  const pages = allowed(
    systems.flatMap((system) => system.pages),
    business,
  )
    .filter((page) => page.onPhone)
    .map((page) => ({ ...page, to: consolePath(business.slug, page.path) }));
  const tools = allowed(
    systems.flatMap((system) => system.tools ?? []),
    business,
  );
  return (
    <nav aria-label={t('navigation.phone')} className={classes.bar}>
      {[...pages.slice(0, ROOM - Math.min(1, tools.length)), ...tools.slice(0, 1)].map((entry) => (
        <Link
          key={entry.to}
          to={entry.to}
          // Without this the router marks the dashboard on all of its system's pages.
          activeOptions={{ exact: true }}
          className={classes.link}
          aria-current={here === entry.to ? 'page' : undefined}
        >
          <entry.icon size={22} stroke={1.6} aria-hidden="true" />
          <span className={classes.label}>{t(entry.label)}</span>
        </Link>
      ))}
    </nav>
  );
}
