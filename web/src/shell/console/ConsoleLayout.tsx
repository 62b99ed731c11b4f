import { AppShell, Burger, Drawer, Skeleton, Stack, useComputedColorScheme } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api';
import { useFollow, useLive } from '../../live';
import { showAccent } from '../../ui/accent';
import { LiveDot } from '../../ui/LiveDot';
import { OfflineBanner } from '../../ui/OfflineBanner';
import { InFrame } from '../Framed';
import { NotYours } from '../NotYours';
import { rememberConsole, workplaces } from '../next';
import { LanguageMenu, SchemeMenu } from '../Preferences';
import { MAIN, SkipLink } from '../SkipLink';
import { InBusiness, useBusiness, useMe, usePlace } from '../session';
import { UserMenu } from '../UserMenu';
import { BottomBar } from './BottomBar';
import classes from './ConsoleLayout.module.css';
import { Navigation } from './Navigation';
import { Notices } from './Notices';
import { SearchButton } from './SearchButton';
import { SearchDialog } from './SearchDialog';
import { TenantSwitcher } from './TenantSwitcher';

/** The console of a business, for those who work there; everybody else is told that it is not theirs. Meets I5. */
export function ConsoleLayout() {
  const { slug } = useParams({ strict: false });
  const { data: me } = useMe();
  // The session ended while the page was open; the way to the sign-in has begun.
  if (!me) return null;
  const place = workplaces(me).find((business) => business.slug === slug);
  return place === undefined ? <NotYours /> : <Place place={place} />;
}

function Place({ place }: { place: Me['businesses'][number] }) {
  return (
    <InBusiness value={usePlace(place)}>
      <Console />
    </InBusiness>
  );
}

/** The business's own colour, for as long as its console is on screen. */
function useAccent(accent: string | null): void {
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    showAccent(accent, scheme);
    return () => showAccent(null, scheme);
  }, [accent, scheme]);
}

function Coming() {
  const { t } = useTranslation('ui');
  return (
    <Stack gap="lg" role="status" aria-busy="true" aria-label={t('loading')}>
      <Skeleton height={36} width="min(16rem, 60%)" />
      <Skeleton height={140} />
      <Skeleton height={220} />
    </Stack>
  );
}

function Console() {
  const { t } = useTranslation();
  const business = useBusiness();
  const { data: me } = useMe();
  const live = useLive();
  const [opened, { open, close }] = useDisclosure(false);
  const [searching, search] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useFollow(business.tenant);
  useHotkeys([
    ['mod+K', search.open],
    ['/', search.open],
  ]);
  useAccent(business.accent);
  useEffect(() => rememberConsole(business.slug), [business.slug]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: The menu closes when another page opens.
  useEffect(close, [path]);
  return (
    <InFrame value={true}>
      <SkipLink />
      <AppShell
        layout="alt"
        header={{ height: 60 }}
        navbar={{ width: 256, breakpoint: 'md', collapsed: { mobile: true } }}
        footer={{ height: { base: 64, md: 0 } }}
        classNames={{
          header: classes.header,
          navbar: classes.navbar,
          main: classes.main,
          footer: classes.footer,
        }}
      >
        <AppShell.Navbar visibleFrom="md">
          <TenantSwitcher />
          <Navigation />
        </AppShell.Navbar>
        <AppShell.Header>
          <Burger
            color="var(--hf-ink)"
            opened={opened}
            onClick={open}
            hiddenFrom="md"
            size="sm"
            aria-label={t('menu.open')}
          />
          <div className={classes.place}>
            <TenantSwitcher />
          </div>
          <SearchButton onOpen={search.open} />
          <div className={classes.right}>
            {live !== 'off' && (
              <span className={classes.live}>
                <LiveDot state={live === 'live' ? 'connected' : 'waiting'} />
              </span>
            )}
            <Notices />
            <span className={classes.wide}>
              <LanguageMenu />
              <SchemeMenu />
            </span>
            {me && <UserMenu me={me} />}
          </div>
        </AppShell.Header>
        <AppShell.Main id={MAIN} tabIndex={-1}>
          <OfflineBanner />
          <div className={classes.page}>
            {/* A page whose words or parts are still on their way leaves the frame where it is. */}
            <Suspense fallback={<Coming />}>
              <Outlet />
            </Suspense>
          </div>
        </AppShell.Main>
        <AppShell.Footer hiddenFrom="md">
          <BottomBar />
        </AppShell.Footer>
      </AppShell>
      <Drawer
        opened={opened}
        onClose={close}
        size={300}
        title={business.name}
        hiddenFrom="md"
        closeButtonProps={{ 'aria-label': t('menu.close') }}
      >
        <Navigation />
        <div className={classes.preferences}>
          <LanguageMenu />
          <SchemeMenu />
        </div>
      </Drawer>
      <SearchDialog opened={searching} onClose={search.close} />
    </InFrame>
  );
}
