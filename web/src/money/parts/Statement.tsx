import { Button, Group, Select, Skeleton, Text, TextInput, Title } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Statement as Drawn, Movement } from '../../api';
import { DataTable } from '../../ui/DataTable';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Money } from '../../ui/Money';
import { Fact, Facts } from './Facts';
import { Change, MoveCard, What } from './MoveTable';
import { movedBy } from './moves';
import classes from './Statement.module.css';
import { daysLater, flowsOf } from './statement';
import { OTHER, type TimeChoice } from './useTime';
import wallet from './wallet.module.css';

interface StatementProps {
  choice: TimeChoice;
  query: UseQueryResult<Drawn, unknown>;
  /** Who owes what is in the wallet; its name is above what is printed. */
  business: string;
  timezone: string;
}

/** What was in a wallet before and after a time and what moved between, to be read, printed and kept. */
export function Statement({ choice, query, business, timezone }: StatementProps) {
  return (
    <div className={classes.whole}>
      <Chooser choice={choice} />
      <Loaded query={query} skeleton={<Skeleton height={220} />}>
        {(drawn) => (
          <div className={classes.sheet} data-stale={query.isPlaceholderData || undefined}>
            <Sheet drawn={drawn} business={business} timezone={timezone} />
          </div>
        )}
      </Loaded>
    </div>
  );
}

function Chooser({ choice }: { choice: TimeChoice }) {
  const { t } = useTranslation('own');
  const { month } = useFormats();
  const fault = choice.fault === null ? null : t(`statement.fault.${choice.fault}`);
  return (
    <Group className={classes.chooser} align="flex-end" gap="sm">
      <Select
        label={t('statement.time')}
        className={classes.field}
        data={[
          ...choice.months.map((one) => ({ value: one, label: month(`${one}-01`) })),
          { value: OTHER, label: t('statement.other') },
        ]}
        value={choice.month}
        onChange={(chosen) => choice.setMonth(chosen ?? OTHER)}
        allowDeselect={false}
      />
      {choice.month === OTHER && (
        <>
          <TextInput
            type="date"
            label={t('statement.from')}
            className={classes.field}
            value={choice.from}
            onChange={(event) => choice.setFrom(event.currentTarget.value)}
            error={fault !== null}
          />
          <TextInput
            type="date"
            label={t('statement.to')}
            className={classes.field}
            value={choice.to}
            onChange={(event) => choice.setTo(event.currentTarget.value)}
            error={fault !== null}
          />
        </>
      )}
      <Button
        variant="default"
        ms="auto"
        leftSection={<IconPrinter size={18} stroke={1.6} aria-hidden="true" />}
        disabled={fault !== null}
        onClick={() => window.print()}
      >
        {t('invoice.print')}
      </Button>
      <Text size="sm" c="red" w="100%" role="status" hidden={fault === null}>
        {fault}
      </Text>
    </Group>
  );
}

interface SheetProps extends Pick<StatementProps, 'business' | 'timezone'> {
  drawn: Drawn;
}

function Sheet({ drawn, business, timezone }: SheetProps) {
  const { t } = useTranslation('own');
  const { day } = useFormats();
  const { currency, name } = drawn.wallet;
  const flows = flowsOf(drawn.movements);
  return (
    <>
      <div className={classes.head}>
        <Title order={3} size="h4">
          {t('statement.period', { from: day(drawn.since), to: day(daysLater(drawn.until, -1)) })}
        </Title>
        <Text size="sm" c="dimmed">
          {name} · {business}
        </Text>
      </div>
      <div className={classes.figures}>
        <Facts>
          <Fact label={t('statement.opening')}>
            <Money value={drawn.opening} />
          </Fact>
          <Fact label={t('statement.in')}>
            <Money value={{ minor: flows.in, currency }} />
          </Fact>
          <Fact label={t('statement.out')}>
            <Money value={{ minor: flows.out, currency }} />
          </Fact>
          <Fact label={t('statement.closing')}>
            <strong>
              <Money value={drawn.closing} />
            </strong>
          </Fact>
        </Facts>
      </div>
      {drawn.movements.length === 0 ? (
        <Text className={classes.figures} c="dimmed">
          {t('statement.none')}
        </Text>
      ) : (
        <Movements drawn={drawn} timezone={timezone} />
      )}
    </>
  );
}

interface Row extends Movement {
  key: number;
  balance: number;
}

/** Each movement with what was in the wallet after it, oldest first as a bank lists them. */
function rowsOf({ opening, movements }: Drawn): Row[] {
  let balance = opening.minor;
  return movements.map((movement, key) => {
    balance += movement.change;
    return { ...movement, key, balance };
  });
}

function Movements({ drawn, timezone }: { drawn: Drawn; timezone: string }) {
  const { t } = useTranslation('own');
  const { money, day } = useFormats({ timezone });
  const { currency } = drawn.wallet;
  return (
    <DataTable
      caption={t('statement.title')}
      rows={rowsOf(drawn)}
      rowKey={({ key }) => String(key)}
      columns={[
        {
          key: 'when',
          header: t('moves.when'),
          width: '9rem',
          cell: ({ at }) => <span className={wallet.line}>{day(at)}</span>,
        },
        {
          key: 'what',
          header: t('moves.what'),
          cell: (row) => <What moved={movedBy(row, currency)} about={row.about} />,
        },
        {
          key: 'amount',
          header: t('moves.amount'),
          align: 'right',
          cell: (row) => <Change moved={movedBy(row, currency)} />,
        },
        {
          key: 'balance',
          header: t('moves.balance'),
          align: 'right',
          cell: ({ balance }) => (
            <span className={wallet.line}>
              <Money value={{ minor: balance, currency }} />
            </span>
          ),
        },
      ]}
      mobile={(row) => (
        <MoveCard
          what={<What moved={movedBy(row, currency)} about={row.about} />}
          change={<Change moved={movedBy(row, currency)} />}
          when={day(row.at)}
          after={t('moves.after', { amount: money({ minor: row.balance, currency }) })}
        />
      )}
    />
  );
}
