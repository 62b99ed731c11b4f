import { Text } from '@mantine/core';
import { IconBuildingBank } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { payoutsListPayoutsInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import type { Column } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { Decision } from './Decision';
import { type Listed, PAYOUT_TONES } from './standing';

const PAGE = 50;
const OF_ONE = 10;

/** What was asked for and what became of it, newest first: of all parties, or of one. */
export function PayoutList({ wallet }: { wallet?: string }) {
  const { t } = useTranslation('payouts');
  const { headers } = useBusiness();
  const columns = useColumns(wallet === undefined);
  const question = {
    headers,
    query: wallet === undefined ? { limit: PAGE } : { wallet, limit: OF_ONE },
  };
  const query = useInfiniteQuery({
    ...payoutsListPayoutsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  return (
    <Panel title={t('payouts')} description={t('payouts.description')} flush>
      <List
        byHand
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        caption={t('payouts')}
        mobile={(payout) => <Card payout={payout} named={wallet === undefined} />}
        empty={
          <Empty
            icon={<IconBuildingBank size={36} stroke={1.5} aria-hidden="true" />}
            title={t('payouts.none')}
          >
            {t('payouts.noneText')}
          </Empty>
        }
      />
    </Panel>
  );
}

/** Beside one party's name on top of the page its payouts need it no more, and have less room. */
function useColumns(named: boolean): Column<Listed>[] {
  const { t } = useTranslation('payouts');
  const { timezone } = useBusiness();
  const { money, moment, day } = useFormats({ timezone });
  return [
    {
      key: 'wallet',
      header: t('to'),
      cell: (payout) => (
        <>
          {named ? <Party payout={payout} /> : <Masked payout={payout} />}
          <div className={classes.faint}>{named ? payout.masked : day(payout.created_at)}</div>
        </>
      ),
    },
    {
      key: 'amount',
      header: t('amount'),
      align: 'right',
      cell: ({ amount }) => <span className={classes.figure}>{money(amount)}</span>,
    },
    ...(named
      ? [{ key: 'at', header: t('asked'), cell: ({ created_at }: Listed) => moment(created_at) }]
      : []),
    { key: 'state', header: t('state'), cell: (payout) => <State payout={payout} /> },
    {
      key: 'decide',
      header: t('decision'),
      align: 'right',
      cell: (payout) => <Decision payout={payout} />,
    },
  ];
}

function Card({ payout, named }: { payout: Listed; named: boolean }) {
  const { timezone } = useBusiness();
  const { money, moment } = useFormats({ timezone });
  return (
    <div className={classes.card}>
      {named ? <Party payout={payout} /> : <Masked payout={payout} />}
      <span className={classes.strong}>{money(payout.amount)}</span>
      <span className={classes.faint}>
        {named && `${payout.masked} · `}
        {moment(payout.created_at)}
      </span>
      <State payout={payout} />
      <div className={classes.across}>
        <Decision payout={payout} />
      </div>
    </div>
  );
}

function Party({ payout }: { payout: Listed }) {
  const { slug } = useBusiness();
  return (
    <LinkText
      to="/console/$slug/money/payouts/$walletId"
      params={{ slug, walletId: payout.wallet_id }}
      fw={600}
    >
      {payout.wallet_name}
    </LinkText>
  );
}

function Masked({ payout: { masked } }: { payout: Listed }) {
  return <span className={`${classes.strong} ${classes.figure}`}>{masked}</span>;
}

/** How it stands, and in which file it left. */
function State({ payout: { status, file_number } }: { payout: Listed }) {
  const { t } = useTranslation('payouts');
  return (
    <span className={classes.whole}>
      <StatusBadge tone={PAYOUT_TONES[status]}>{t(`state.${status}`)}</StatusBadge>
      {file_number !== null && (
        <Text component="span" display="block" className={classes.faint}>
          {t('inFile', { number: file_number })}
        </Text>
      )}
    </span>
  );
}
