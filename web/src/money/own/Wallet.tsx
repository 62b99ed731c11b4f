import { Button, SegmentedControl, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCash, IconWallet } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { WalletFigures } from '../parts/WalletFigures';
import { AskPayout } from './AskPayout';
import classes from './Overview.module.css';
import { useAccount } from './useAccount';
import { WalletAccounts } from './WalletAccounts';
import { WalletDetails } from './WalletDetails';
import { WalletPayouts } from './WalletPayouts';
import { canAsk, chosenOf, type OwnWallet, walletsOptions } from './wallet';

const route = getRouteApi('/home/money/$tenantId/wallet');

/** What a business owes to a person who earns there, and the way to have it. */
export function Wallet() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant, business } = useAccount();
  const { wallet } = route.useSearch();
  const query = useQuery(walletsOptions(tenant));
  const chosen = chosenOf(query.data ?? [], wallet);
  return (
    <Page
      title={t('tabs.wallet')}
      description={t('wallet.text', { business })}
      actions={
        chosen !== undefined && canAsk(chosen) ? <Ask key={chosen.wallet.id} owned={chosen} /> : undefined
      }
    >
      <Loaded
        query={query}
        isEmpty={(wallets) => wallets.length === 0}
        empty={
          <Empty icon={<IconWallet size={44} stroke={1.3} aria-hidden="true" />} title={t('wallet.none')}>
            {t('wallet.noneText')}
          </Empty>
        }
      >
        {(wallets) => (
          <>
            <Which wallets={wallets} chosen={chosen?.wallet.id} />
            {chosen !== undefined && <Inside key={chosen.wallet.id} owned={chosen} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Ask({ owned }: { owned: OwnWallet }) {
  const { t } = useTranslation('own');
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="md" leftSection={<IconCash size={18} aria-hidden="true" />} onClick={open}>
        {t('wallet.ask')}
      </Button>
      <AskPayout opened={opened} onClose={close} owned={owned} />
    </>
  );
}

/** Whoever earns in several currencies has a wallet for each. */
function Which({ wallets, chosen }: { wallets: readonly OwnWallet[]; chosen: string | undefined }) {
  const { t } = useTranslation('own');
  const navigate = route.useNavigate();
  if (wallets.length < 2 || chosen === undefined) return null;
  const kinds = new Set(wallets.map(({ wallet }) => wallet.currency));
  return (
    <SegmentedControl
      aria-label={t('wallet.which')}
      value={chosen}
      onChange={(wallet) => void navigate({ search: { wallet }, replace: true })}
      data={wallets.map(({ wallet: { id, name, currency } }) => ({
        value: id,
        label: kinds.size === wallets.length ? currency : `${name} · ${currency}`,
      }))}
      style={{ alignSelf: 'flex-start', maxWidth: '100%' }}
    />
  );
}

function Inside({ owned }: { owned: OwnWallet }) {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  return (
    <Stack gap="lg">
      <WalletFigures
        balances={owned.balances}
        words={{
          available: { label: t('wallet.available') },
          pending: { label: t('wallet.pending'), hint: t('wallet.pendingText') },
          held: { label: t('wallet.held'), hint: t('wallet.heldText') },
          owed: { label: t('wallet.owed'), hint: t('wallet.owedText') },
        }}
      />
      {!canAsk(owned) && <Text c="dimmed">{t('wallet.askLess', { minimum: money(owned.minimum) })}</Text>}
      <div className={classes.columns}>
        <WalletPayouts wallet={owned.wallet.id} />
        <WalletAccounts owned={owned} />
      </div>
      <WalletDetails wallet={owned.wallet} />
    </Stack>
  );
}
