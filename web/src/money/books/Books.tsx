import { Alert, Button, Code, Stack, Table, Text } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type LedgerAccountsStanding, ledgerCreateVerification } from '../../api';
import {
  ledgerListAccountsInfiniteOptions,
  ledgerShowTrialBalanceOptions,
} from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { Entries } from './Entries';
import { useBookWords } from './words';

const PAGE = 50;

/** The books: what is where, in double entry, and a proof of it at the press of a button. */
export function Books() {
  const { t } = useTranslation('payouts');
  const { headers, may } = useBusiness();
  const { count } = useFormats();
  const { named, amount } = useBookWords();
  const [opened, open] = useState<LedgerAccountsStanding | null>(null);
  const trial = useQuery(ledgerShowTrialBalanceOptions({ headers }));
  const question = { headers, query: { limit: PAGE } };
  const accounts = useInfiniteQuery({
    ...ledgerListAccountsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  const verify = useCommand({
    send: (_: undefined, attempt) =>
      ledgerCreateVerification({ headers: { ...headers, ...attempt.headers }, body: {} }),
  });
  const report = verify.data;
  return (
    <Page
      title={t('books.title')}
      description={t('books.description')}
      actions={
        may('ledger.verify') && (
          <Button
            leftSection={<IconShieldCheck size={18} aria-hidden="true" />}
            loading={verify.isPending}
            onClick={() => verify.mutate(undefined)}
          >
            {t('books.verify')}
          </Button>
        )
      }
    >
      <Stack gap="lg">
        <FormError problem={verify.error} />
        {report !== undefined && (
          <Alert
            role="status"
            color={report.proven ? 'green' : 'red'}
            icon={report.proven ? <IconShieldCheck aria-hidden="true" /> : <IconShieldX aria-hidden="true" />}
            title={t(report.proven ? 'books.proven' : 'books.broken')}
          >
            {t('books.counted', {
              accounts: count(report.accounts ?? 0),
              transfers: count(report.transfers ?? 0),
              sealed: count(report.sealed ?? 0),
            })}
            {(report.findings ?? []).map((finding) => (
              <Code key={`${finding.table}${finding.id}`} block mt="xs">
                {finding.kind} {finding.table} {finding.id}: {finding.detail}
              </Code>
            ))}
          </Alert>
        )}
        <Panel title={t('books.trial')} description={t('books.trialText')}>
          <Loaded
            query={trial}
            isEmpty={(units) => units.length === 0}
            empty={<Text c="dimmed">{t('books.none')}</Text>}
          >
            {(units) => (
              <Stack gap="lg">
                {units.map((unit) => (
                  <Table
                    key={unit.unit}
                    layout="fixed"
                    fz="sm"
                    horizontalSpacing={6}
                    className={classes.wrapped}
                  >
                    <Table.Caption>{t('books.unit', { unit: named(unit.unit) })}</Table.Caption>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>{t('books.book')}</Table.Th>
                        <Table.Th ta="right">{t('books.debits')}</Table.Th>
                        <Table.Th ta="right">{t('books.credits')}</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {unit.books.map((book) => (
                        <Table.Tr key={book.book}>
                          <Table.Td>{named(book.book)}</Table.Td>
                          <Table.Td ta="right">{amount(book.debits, unit.unit)}</Table.Td>
                          <Table.Td ta="right">{amount(book.credits, unit.unit)}</Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                    <Table.Tfoot>
                      <Table.Tr>
                        <Table.Th>{t('books.sum')}</Table.Th>
                        <Table.Th ta="right">{amount(unit.debits, unit.unit)}</Table.Th>
                        <Table.Th ta="right">{amount(unit.credits, unit.unit)}</Table.Th>
                      </Table.Tr>
                    </Table.Tfoot>
                  </Table>
                ))}
              </Stack>
            )}
          </Loaded>
        </Panel>
        <Panel title={t('books.accounts')} description={t('books.accountsText')} flush>
          <List
            query={accounts}
            columns={[
              {
                key: 'book',
                header: t('books.account'),
                cell: ({ book, id }) => (
                  <>
                    <span className={classes.strong}>{named(book)}</span>
                    <div className={classes.faint}>…{id.slice(-12)}</div>
                  </>
                ),
              },
              { key: 'unit', header: t('books.counts'), cell: ({ unit }) => named(unit) },
              {
                key: 'posted',
                header: t('books.balance'),
                align: 'right',
                cell: ({ posted, unit }) => amount(posted, unit),
              },
              {
                key: 'held',
                header: t('books.held'),
                align: 'right',
                cell: ({ held, unit }) => (held === 0 ? '–' : amount(held, unit)),
              },
            ]}
            rowKey={({ id }) => id}
            onRow={open}
            caption={t('books.accounts')}
            mobile={(account) => (
              <span className={classes.card}>
                <span className={classes.strong}>{named(account.book)}</span>
                <span className={classes.strong}>{amount(account.posted, account.unit)}</span>
                <span className={classes.faint}>…{account.id.slice(-12)}</span>
              </span>
            )}
            empty={
              <Empty
                icon={<IconShieldCheck size={36} stroke={1.5} aria-hidden="true" />}
                title={t('books.none')}
              >
                {t('books.noneText')}
              </Empty>
            }
          />
        </Panel>
      </Stack>
      <Entries account={opened} onClose={() => open(null)} />
    </Page>
  );
}
