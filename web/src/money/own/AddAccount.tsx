import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { AccountForm } from '../parts/AccountForm';
import { at, ownKey, send } from './api';
import { useAccount } from './useAccount';
import { type Account, type OwnWallet, walletsOptions } from './wallet';

interface AddAccountProps {
  wallet: OwnWallet['wallet'];
  onClose: () => void;
  onAdded: (account: Account) => void;
}

/** Names a bank account of one's own. */
export function AddAccount({ wallet, onClose, onAdded }: AddAccountProps) {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  return (
    <AccountForm
      wallet={wallet}
      text={t('wallet.addText')}
      send={(account, { headers }) =>
        send<Account>(at(tenant, 'wallet/destinations'), headers, { ...account, wallet_id: wallet.id })
      }
      onAdded={async (account) => {
        // Whoever chooses among the accounts next finds the new one there.
        await client.invalidateQueries(walletsOptions(tenant));
        onAdded(account);
      }}
      onSettled={() => void client.invalidateQueries({ queryKey: ownKey(tenant) })}
      onClose={onClose}
    />
  );
}
