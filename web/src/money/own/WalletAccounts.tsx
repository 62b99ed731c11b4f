import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Panel } from '../../ui/Panel';
import { Accounts } from '../parts/Accounts';
import { Sheet } from '../parts/Sheet';
import { AddAccount } from './AddAccount';
import { at, drop, ownKey } from './api';
import { useAccount } from './useAccount';
import type { OwnWallet } from './wallet';

/** Where the money of one's own wallet can go. */
export function WalletAccounts({ owned: { wallet, destinations } }: { owned: OwnWallet }) {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <Panel
      title={t('wallet.accounts')}
      flush={destinations.length > 0}
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={open}
        >
          {t('wallet.add')}
        </Button>
      }
    >
      {destinations.length === 0 ? (
        <Text c="dimmed">{t('wallet.accountsNone')}</Text>
      ) : (
        <Accounts
          accounts={destinations}
          label={t('wallet.accounts')}
          remove={({ id }, { headers }) => drop(at(tenant, `wallet/destinations/${id}`), headers)}
          onRemoved={() => client.invalidateQueries({ queryKey: ownKey(tenant) })}
        />
      )}
      <Sheet opened={opened} onClose={close} title={t('wallet.add')}>
        <AddAccount wallet={wallet} onClose={close} onAdded={close} />
      </Sheet>
    </Panel>
  );
}
