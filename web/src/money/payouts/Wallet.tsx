import { Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { PayoutsShowWalletResponse } from '../../api';
import { payoutsShowWalletOptions } from '../../api/@tanstack/react-query.gen';
import { ApiProblem } from '../../client';
import { NotFound } from '../../shell/NotFound';
import { useBusiness } from '../../shell/session';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Back } from '../parts/Back';
import parts from '../parts/parts.module.css';
import { WalletFigures } from '../parts/WalletFigures';
import { kindWord } from './kinds';
import { PayoutList } from './PayoutList';
import { RequestPayout } from './RequestPayout';
import { WalletAccounts } from './WalletAccounts';
import { WalletDetails } from './WalletDetails';

const route = getRouteApi('/console/$slug/treasury/money/payouts/$walletId');

/** What the business owes to one party: what is there, where it goes, what it was earned with, and what was paid. */
export function Wallet() {
  const { t } = useTranslation('payouts');
  const { headers } = useBusiness();
  const { walletId } = route.useParams();
  const query = useQuery(payoutsShowWalletOptions({ headers, path: { wallet_id: walletId } }));
  if (query.error instanceof ApiProblem && query.error.status === 404) return <NotFound />;
  const { wallet, balances } = query.data ?? {};
  return (
    <Page
      title={wallet?.name ?? t('wallet')}
      description={wallet && `${t(`kind.${kindWord(wallet.kind)}`)} · ${wallet.currency}`}
      back={<Back to="payouts">{t('title')}</Back>}
      actions={wallet && balances && <RequestPayout wallet={wallet} balances={balances} variant="filled" />}
    >
      <Loaded query={query} skeleton={<Skeleton height={320} radius="lg" />}>
        {(standing) => <Inside key={standing.wallet.id} {...standing} />}
      </Loaded>
    </Page>
  );
}

function Inside({ wallet, balances }: PayoutsShowWalletResponse) {
  const { t } = useTranslation('payouts');
  return (
    <Stack gap="lg">
      <WalletFigures
        balances={balances}
        words={{
          available: { label: t('available') },
          pending: { label: t('pending'), hint: t('pendingText') },
          held: { label: t('held'), hint: t('heldText') },
          owed: { label: t('owed'), hint: t('owedText') },
        }}
      />
      <div className={parts.columns}>
        <PayoutList wallet={wallet.id} />
        <WalletAccounts wallet={wallet} />
      </div>
      <WalletDetails wallet={wallet} />
    </Stack>
  );
}
