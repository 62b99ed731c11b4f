import { Button, Skeleton, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { payoutsCreateDestination, payoutsDeleteDestination, type Wallet } from '../../api';
import { payoutsListDestinationsOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { AccountForm } from '../parts/AccountForm';
import { Accounts } from '../parts/Accounts';
import { forget } from '../parts/forget';
import { Sheet } from '../parts/Sheet';

/** Where a party's money can go; one that another party has as well is marked, because that is how fraud looks. */
export function WalletAccounts({ wallet }: { wallet: Wallet }) {
  const { t } = useTranslation('payouts');
  const { headers, may } = useBusiness();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const query = useQuery(payoutsListDestinationsOptions({ headers, query: { wallet: wallet.id } }));
  const again = () => forget(client, ['payoutsListDestinations']);
  const manages = may('payouts.request');
  return (
    <Panel
      title={t('accounts')}
      flush={(query.data?.items.length ?? 0) > 0}
      actions={
        manages && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden="true" />}
            onClick={open}
          >
            {t('accounts.add')}
          </Button>
        )
      }
    >
      <Loaded
        query={query}
        skeleton={<Skeleton height={60} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<Text c="dimmed">{t('accounts.none')}</Text>}
      >
        {({ items }) => (
          <Accounts
            accounts={items}
            label={t('accounts')}
            shared={t('accounts.shared')}
            remove={
              manages
                ? ({ id }, attempt) =>
                    payoutsDeleteDestination({
                      headers: { ...headers, ...attempt.headers },
                      path: { destination_id: id },
                    })
                : undefined
            }
            onRemoved={again}
          />
        )}
      </Loaded>
      <Sheet opened={opened} onClose={close} title={t('accounts.add')}>
        <AccountForm
          wallet={wallet}
          text={t('accounts.addText')}
          send={(account, attempt) =>
            payoutsCreateDestination({
              headers: { ...headers, ...attempt.headers },
              body: { ...account, wallet_id: wallet.id },
            })
          }
          onAdded={() => {
            close();
            return again();
          }}
          onClose={close}
        />
      </Sheet>
    </Panel>
  );
}
