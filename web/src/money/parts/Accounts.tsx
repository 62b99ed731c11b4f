import { Text } from '@mantine/core';
import { IconBuildingBank } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Destination } from '../../api';
import { type Attempt, useCommand } from '../../queries';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { StatusBadge } from '../../ui/StatusBadge';
import { useNotice } from '../../ui/useNotice';
import classes from './wallet.module.css';

interface AccountsProps {
  accounts: readonly Destination[];
  label: string;
  /** Marks those that another party has as well, for whoever decides where money goes. */
  shared?: string;
  /** Uses one no more; absent for whoever may not. */
  remove?: ((account: Destination, attempt: Attempt) => Promise<{ data: unknown }>) | undefined;
  onRemoved: () => unknown;
}

/** Where the money of a wallet can go; of each account only so much that one can be told from another. */
export function Accounts({ accounts, label, shared, remove, onRemoved }: AccountsProps) {
  return (
    <ul className={classes.rows} aria-label={label}>
      {accounts.map((account) => (
        <li key={account.id} className={classes.row}>
          <IconBuildingBank size={24} stroke={1.5} aria-hidden="true" />
          <span className={classes.what}>
            <Text component="span" display="block" fw={600} className={classes.line}>
              {account.masked}
            </Text>
            <Text component="span" display="block" size="sm" c="dimmed">
              {account.holder}
            </Text>
            {shared !== undefined && account.shared && <StatusBadge tone="warn">{shared}</StatusBadge>}
          </span>
          {remove !== undefined && <Remove account={account} remove={remove} onRemoved={onRemoved} />}
        </li>
      ))}
    </ul>
  );
}

interface RemoveProps {
  account: Destination;
  remove: NonNullable<AccountsProps['remove']>;
  onRemoved: AccountsProps['onRemoved'];
}

function Remove({ account, remove, onRemoved }: RemoveProps) {
  const { t } = useTranslation('own');
  const notice = useNotice();
  const said = { account: account.masked };
  const away = useCommand({
    send: (_: undefined, attempt) => remove(account, attempt),
    onSuccess: () => {
      notice(t('wallet.removed', said));
      return onRemoved();
    },
  });
  return (
    <ConfirmButton
      size="xs"
      danger
      label={t('wallet.remove')}
      aria-label={t('wallet.removeOf', said)}
      title={t('wallet.removeTitle')}
      message={t('wallet.removeText', said)}
      confirm={t('wallet.removeDeed')}
      onConfirm={() => away.mutateAsync(undefined)}
    />
  );
}
