import { Text } from '@mantine/core';
import { IconArrowsExchange } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Money } from '../../ui/Money';
import { Panel } from '../../ui/Panel';
import { useAccount } from './useAccount';
import classes from './Wallet.module.css';
import { type Entry, entriesOptions, movedBy, type OwnWallet } from './wallet';

interface WalletMovesProps {
  wallet: Pick<OwnWallet['wallet'], 'id' | 'currency'>;
}

/** The statement of a wallet, newest first, with what was there after each movement. */
export function WalletMoves({ wallet }: WalletMovesProps) {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const query = useInfiniteQuery(entriesOptions(tenant, wallet.id));
  return (
    <Panel title={t('moves.title')} flush>
      <Loaded
        query={query}
        isEmpty={(data) => data.pages[0]?.items.length === 0}
        empty={
          <Empty
            icon={<IconArrowsExchange size={36} stroke={1.5} aria-hidden="true" />}
            title={t('moves.none')}
          >
            {t('moves.noneText')}
          </Empty>
        }
      >
        {(data) => (
          <>
            <Rows entries={data.pages.flatMap((page) => page.items)} currency={wallet.currency} />
            <LoadMore query={query} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Rows({ entries, currency }: { entries: readonly Entry[]; currency: string }) {
  const { t } = useTranslation('own');
  const { timezone } = useAccount();
  const { money, moment } = useFormats({ timezone });
  return (
    <DataTable
      caption={t('moves.title')}
      rows={entries}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'what',
          header: t('moves.what'),
          cell: (entry) => (
            <>
              <Text component="span" display="block" fw={600}>
                {t(`move.${movedBy(entry, currency).word}`)}
              </Text>
              <Text component="span" display="block" size="sm" c="dimmed">
                {moment(entry.at)}
              </Text>
            </>
          ),
        },
        {
          key: 'amount',
          header: t('moves.amount'),
          align: 'right',
          cell: (entry) => <Change entry={entry} currency={currency} />,
        },
        {
          key: 'balance',
          header: t('moves.balance'),
          align: 'right',
          cell: ({ balance }) => (
            <span className={classes.line}>
              <Money value={{ minor: balance, currency }} />
            </span>
          ),
        },
      ]}
      mobile={(entry) => (
        <div className={classes.card}>
          <Text component="span" fw={600}>
            {t(`move.${movedBy(entry, currency).word}`)}
          </Text>
          <Change entry={entry} currency={currency} />
          <Text component="span" size="sm" c="dimmed">
            {moment(entry.at)}
          </Text>
          <Text component="span" size="sm" c="dimmed" data-figures>
            {t('moves.after', { amount: money({ minor: entry.balance, currency }) })}
          </Text>
        </div>
      )}
    />
  );
}

/** An amount with its direction; without one where nothing came or went. */
function Change({ entry, currency }: { entry: Entry; currency: string }) {
  const { amount, aside } = movedBy(entry, currency);
  const comes = !aside && amount.minor > 0;
  return (
    <Text
      component="span"
      fw={600}
      c={aside ? 'dimmed' : undefined}
      className={classes.change}
      data-comes={comes}
    >
      {comes && '+'}
      <Money value={amount} />
    </Text>
  );
}
