import { Text } from '@mantine/core';
import { IconArrowsExchange } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WalletEntry } from '../../api';
import { DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Money } from '../../ui/Money';
import { type Moved, movedBy } from './moves';
import classes from './wallet.module.css';

interface MoveTableProps {
  query: UseInfiniteQueryResult<InfiniteData<{ items: WalletEntry[] }>, unknown>;
  currency: string;
  timezone: string;
}

/** What moved in a wallet, newest first, with what was there after each movement. */
export function MoveTable({ query, ...place }: MoveTableProps) {
  const { t } = useTranslation('own');
  return (
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
          <Rows entries={data.pages.flatMap((page) => page.items)} {...place} />
          <LoadMore query={query} />
        </>
      )}
    </Loaded>
  );
}

interface RowsProps extends Omit<MoveTableProps, 'query'> {
  entries: readonly WalletEntry[];
}

function Rows({ entries, currency, timezone }: RowsProps) {
  const { t } = useTranslation('own');
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
              <What moved={movedBy(entry, currency)} about={entry.about} />
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
          cell: (entry) => <Change moved={movedBy(entry, currency)} />,
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
        <MoveCard
          what={<What moved={movedBy(entry, currency)} about={entry.about} />}
          change={<Change moved={movedBy(entry, currency)} />}
          when={moment(entry.at)}
          after={t('moves.after', { amount: money({ minor: entry.balance, currency }) })}
        />
      )}
    />
  );
}

interface MoveCardProps {
  what: ReactNode;
  change: ReactNode;
  when: string;
  after: string;
}

/** A movement where the screen is too narrow for a table. */
export function MoveCard({ what, change, when, after }: MoveCardProps) {
  return (
    <>
      <div className={classes.pair}>
        {what}
        {change}
      </div>
      <div className={classes.pair}>
        <Text component="span" size="sm" c="dimmed">
          {when}
        </Text>
        <Text component="span" size="sm" c="dimmed" data-figures>
          {after}
        </Text>
      </div>
    </>
  );
}

/** What a movement was, and what of: "Earned · Policy no. 7". */
export function What({ moved, about }: { moved: Moved; about: string | null }) {
  const { t } = useTranslation('own');
  return (
    <Text component="span" className={classes.about}>
      <Text component="span" fw={600}>
        {t(`move.${moved.word}`)}
      </Text>
      {about !== null && ` · ${about}`}
    </Text>
  );
}

/** An amount with its direction; without one where nothing came or went. */
export function Change({ moved: { amount, aside } }: { moved: Moved }) {
  const comes = !aside && amount.minor > 0;
  return (
    <Text
      component="span"
      fw={600}
      {...(aside && { c: 'dimmed' })}
      className={`${classes.change} ${classes.line}`}
      data-comes={comes}
    >
      {comes && '+'}
      <Money value={amount} />
    </Text>
  );
}
