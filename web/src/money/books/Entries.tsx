import { Drawer } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { LedgerAccountsStanding } from '../../api';
import { ledgerListEntriesInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { useBookWords } from './words';

interface EntriesProps {
  account: LedgerAccountsStanding | null;
  onClose: () => void;
}

/** An account's statement, with the balance after each entry. */
export function Entries({ account, onClose }: EntriesProps) {
  const { t } = useTranslation('payouts');
  const { named } = useBookWords();
  return (
    <Drawer
      opened={account !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={account === null ? '' : t('books.entriesOf', { name: named(account.book) })}
    >
      {account !== null && <Statement account={account} />}
    </Drawer>
  );
}

function Statement({ account }: { account: LedgerAccountsStanding }) {
  const { t } = useTranslation('payouts');
  const { headers, timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  const { amount } = useBookWords();
  const question = { headers, path: { account_id: account.id }, query: { limit: 50 } };
  const entries = useInfiniteQuery({
    ...ledgerListEntriesInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  return (
    <List
      query={entries}
      columns={[
        {
          key: 'at',
          header: t('books.when'),
          cell: ({ at, code, kind }) => (
            <>
              {moment(at)}
              <div className={classes.faint}>
                {code} · {t(`entry.${kind}`)}
              </div>
            </>
          ),
        },
        {
          key: 'change',
          header: t('books.change'),
          align: 'right',
          cell: ({ change }) => amount(change, account.unit),
        },
        {
          key: 'balance',
          header: t('books.after'),
          align: 'right',
          cell: ({ balance }) => amount(balance, account.unit),
        },
      ]}
      rowKey={({ id }) => id}
      caption={t('books.entries')}
      mobile={(entry) => (
        <span className={classes.card}>
          <span className={classes.strong}>{amount(entry.change, account.unit)}</span>
          <span className={classes.faint}>
            {moment(entry.at)} · {entry.code}
          </span>
        </span>
      )}
      empty={<Empty title={t('books.noEntries')}>{t('books.noEntriesText')}</Empty>}
    />
  );
}
