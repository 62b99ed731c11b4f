import { Text } from '@mantine/core';
import { IconCoins } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Earning } from '../../api';
import { DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Money } from '../../ui/Money';
import { StatusBadge } from '../../ui/StatusBadge';
import { earningStanding, earningWord } from './moves';
import classes from './wallet.module.css';

interface EarningTableProps {
  query: UseInfiniteQueryResult<InfiniteData<{ items: Earning[] }>, unknown>;
  timezone: string;
}

/** What a party earned and what for, newest first, with the day from which on each can be paid out. */
export function EarningTable({ query, timezone }: EarningTableProps) {
  const { t } = useTranslation('own');
  return (
    <Loaded
      query={query}
      isEmpty={(data) => data.pages[0]?.items.length === 0}
      empty={
        <Empty icon={<IconCoins size={36} stroke={1.5} aria-hidden="true" />} title={t('earned.none')}>
          {t('earned.noneText')}
        </Empty>
      }
    >
      {(data) => (
        <>
          <Rows earnings={data.pages.flatMap((page) => page.items)} timezone={timezone} />
          <LoadMore query={query} />
        </>
      )}
    </Loaded>
  );
}

function Rows({ earnings, timezone }: { earnings: readonly Earning[]; timezone: string }) {
  const { t } = useTranslation('own');
  const { moment } = useFormats({ timezone });
  const what = ({ description, code }: Earning) => description ?? t(`earned.word.${earningWord(code)}`);
  return (
    <DataTable
      caption={t('earned.title')}
      rows={earnings}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'what',
          header: t('earned.what'),
          cell: (earning) => (
            <>
              <Text component="span" fw={600} className={classes.about}>
                {what(earning)}
              </Text>
              <Text component="span" display="block" size="sm" c="dimmed">
                {moment(earning.created_at)}
              </Text>
            </>
          ),
        },
        {
          key: 'amount',
          header: t('moves.amount'),
          align: 'right',
          cell: (earning) => <Amount earning={earning} />,
        },
        {
          key: 'state',
          header: t('payouts.state'),
          align: 'right',
          cell: (earning) => <State earning={earning} timezone={timezone} />,
        },
      ]}
      mobile={(earning) => (
        <>
          <div className={classes.pair}>
            <Text component="span" fw={600} className={classes.about}>
              {what(earning)}
            </Text>
            <Amount earning={earning} />
          </div>
          <div className={classes.pair}>
            <Text component="span" size="sm" c="dimmed">
              {moment(earning.created_at)}
            </Text>
            <State earning={earning} timezone={timezone} />
          </div>
        </>
      )}
    />
  );
}

/** What was earned, and below it what of it was taken back. */
function Amount({ earning: { amount, clawed } }: { earning: Earning }) {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  const back = clawed.minor > 0;
  return (
    <span>
      <Text
        component="span"
        fw={600}
        className={classes.line}
        {...(clawed.minor >= amount.minor && { td: 'line-through', c: 'dimmed' })}
      >
        <Money value={amount} />
      </Text>
      {back && (
        <Text component="span" display="block" className={classes.less}>
          {t('earned.back', { amount: money(clawed) })}
        </Text>
      )}
    </span>
  );
}

/** Whether it can be paid out, or from which day on; the year is said where it is another one. */
function State({ earning, timezone }: { earning: Earning; timezone: string }) {
  const { t } = useTranslation('own');
  const { day, shortDay } = useFormats({ timezone });
  const { word, tone } = earningStanding(earning);
  const on = earning.available_on;
  const near = on.startsWith(String(new Date().getFullYear()));
  return (
    <StatusBadge tone={tone}>
      {word === 'waits' ? t('earned.from', { day: near ? shortDay(on) : day(on) }) : t(`earned.${word}`)}
    </StatusBadge>
  );
}
