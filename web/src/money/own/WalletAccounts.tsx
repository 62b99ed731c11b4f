import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBuildingBank, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Panel } from '../../ui/Panel';
import { Sheet } from '../parts/Sheet';
import { AddAccount } from './AddAccount';
import rows from './rows.module.css';
import classes from './Wallet.module.css';
import type { OwnWallet } from './wallet';

/** Where the money of a wallet can go; of each account only so much that one can be told from another. */
export function WalletAccounts({ owned: { wallet, destinations } }: { owned: OwnWallet }) {
  const { t } = useTranslation('own');
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
        <ul className={rows.rows} aria-label={t('wallet.accounts')}>
          {destinations.map(({ id, masked, holder }) => (
            <li key={id} className={rows.row}>
              <IconBuildingBank size={24} stroke={1.5} aria-hidden="true" />
              <span className={rows.what}>
                <Text component="span" display="block" fw={600} className={classes.line}>
                  {masked}
                </Text>
                <Text component="span" display="block" size="sm" c="dimmed">
                  {holder}
                </Text>
              </span>
            </li>
          ))}
        </ul>
      )}
      <Sheet opened={opened} onClose={close} title={t('wallet.add')}>
        <AddAccount wallet={wallet} onClose={close} onAdded={close} />
      </Sheet>
    </Panel>
  );
}
