import { Skeleton, Stack, Text } from '@mantine/core';
import { IconReceiptOff } from '@tabler/icons-react';
import { getRouteApi, Link, Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { PersonFrame } from '../../shell/customer/PersonFrame';
import { DeadEnd } from '../../shell/DeadEnd';
import { InFrame } from '../../shell/Framed';
import { LinkButton } from '../../shell/links';
import { useMe } from '../../shell/session';
import { Brand } from '../../ui/Brand';
import { Loaded } from '../../ui/Loaded';
import { useAccent } from '../pay/accent';
import classes from './AccountLayout.module.css';
import type { Account } from './api';
import { InAccount, useAccounts } from './useAccount';

const route = getRouteApi('/home/money/$tenantId');

/** A person's account at one business: its name above, and the pages of it. */
export function AccountLayout() {
  return (
    <PersonFrame>
      <InFrame value={true}>
        <Suspense fallback={<Coming />}>
          <Inside />
        </Suspense>
      </InFrame>
    </PersonFrame>
  );
}

function Coming() {
  const { t } = useTranslation('ui');
  return (
    <Stack gap="lg" role="status" aria-busy="true" aria-label={t('loading')}>
      <Skeleton height={40} width="min(16rem, 60%)" />
      <Skeleton height={180} radius="lg" />
    </Stack>
  );
}

function Inside() {
  const { data: me } = useMe();
  const { tenantId } = route.useParams();
  const accounts = useAccounts(me?.user.id);
  return (
    <Loaded query={accounts} skeleton={<Coming />}>
      {(all) => {
        const account = all.find((one) => one.tenant_id === tenantId);
        return account === undefined ? <None /> : <At account={account} />;
      }}
    </Loaded>
  );
}

function None() {
  const { t } = useTranslation('own');
  return (
    <DeadEnd
      icon={IconReceiptOff}
      title={t('none.title')}
      action={<LinkButton to="/home">{t('none.home')}</LinkButton>}
    >
      {t('none.text')}
    </DeadEnd>
  );
}

function At({ account }: { account: Account }) {
  useAccent(account.accent);
  return (
    <InAccount value={account}>
      <div className={classes.head} data-screen-only>
        <Brand name={account.business} logoUrl={account.logo_url} size={44} />
        <Text fw={650} size="lg">
          {account.business}
        </Text>
      </div>
      {account.customer_id === null ? <Earning tenantId={account.tenant_id} /> : <Paying account={account} />}
    </InAccount>
  );
}

function Paying({ account }: { account: Account }) {
  return (
    <>
      <Tabs tenantId={account.tenant_id} earns={account.earned.length > 0} />
      <Suspense fallback={<Coming />}>
        <Outlet />
      </Suspense>
    </>
  );
}

/** Whoever earns here and pays nothing has a wallet, and no other page. */
function Earning({ tenantId }: { tenantId: string }) {
  const onWallet = useLocation({ select: ({ pathname }) => pathname.replace(/\/$/, '').endsWith('/wallet') });
  if (!onWallet) return <Navigate to="/home/money/$tenantId/wallet" params={{ tenantId }} replace />;
  return (
    <Suspense fallback={<Coming />}>
      <Outlet />
    </Suspense>
  );
}

/** The pages of the account; that of a wallet only for whoever earns here. */
function Tabs({ tenantId, earns }: { tenantId: string; earns: boolean }) {
  const { t } = useTranslation('own');
  const path = useLocation({ select: ({ pathname }) => pathname });
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a phone the tab of the page may lie beside the screen.
  useEffect(() => {
    nav.current
      ?.querySelector('[aria-current=page]')
      ?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [path, earns]);
  const params = { tenantId };
  return (
    <nav ref={nav} className={classes.tabs} aria-label={t('tabs.label')}>
      <Link
        to="/home/money/$tenantId"
        params={params}
        activeOptions={{ exact: true, includeSearch: false }}
        className={classes.tab}
      >
        {t('tabs.overview')}
      </Link>
      <Link to="/home/money/$tenantId/invoices" params={params} className={classes.tab}>
        {t('tabs.invoices')}
      </Link>
      <Link to="/home/money/$tenantId/payments" params={params} className={classes.tab}>
        {t('tabs.payments')}
      </Link>
      {earns && (
        <Link
          to="/home/money/$tenantId/wallet"
          params={params}
          activeOptions={{ includeSearch: false }}
          className={classes.tab}
        >
          {t('tabs.wallet')}
        </Link>
      )}
      <Link
        to="/home/money/$tenantId/methods"
        params={params}
        activeOptions={{ includeSearch: false }}
        className={classes.tab}
      >
        {t('tabs.methods')}
      </Link>
    </nav>
  );
}
