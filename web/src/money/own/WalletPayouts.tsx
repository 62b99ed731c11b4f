import { Text } from '@mantine/core';
import { IconBuildingBank } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useCommand } from '../../queries';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { DataTable } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Money } from '../../ui/Money';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useNotice } from '../../ui/useNotice';
import classes from '../parts/wallet.module.css';
import { at, ownKey, send } from './api';
import { useAccount } from './useAccount';
import { type Payout, payoutStanding, payoutsOptions } from './wallet';

/** What was asked for and what became of it, newest first. */
export function WalletPayouts({ wallet }: { wallet: string }) {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const query = useInfiniteQuery(payoutsOptions(tenant, wallet));
  return (
    <Panel title={t('payouts.title')} flush>
      <Loaded
        query={query}
        isEmpty={(data) => data.pages[0]?.items.length === 0}
        empty={
          <Empty
            icon={<IconBuildingBank size={36} stroke={1.5} aria-hidden="true" />}
            title={t('payouts.none')}
          >
            {t('payouts.noneText')}
          </Empty>
        }
      >
        {(data) => (
          <>
            <Rows payouts={data.pages.flatMap((page) => page.items)} />
            <LoadMore query={query} byHand />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Rows({ payouts }: { payouts: readonly Payout[] }) {
  const { t } = useTranslation('own');
  const { timezone } = useAccount();
  const { moment } = useFormats({ timezone });
  return (
    <DataTable
      caption={t('payouts.title')}
      rows={payouts}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'to',
          header: t('payouts.to'),
          cell: ({ masked, created_at }) => (
            <>
              <Text component="span" display="block" fw={600} className={classes.line}>
                {masked}
              </Text>
              <Text component="span" display="block" size="sm" c="dimmed" className={classes.line}>
                {moment(created_at)}
              </Text>
            </>
          ),
        },
        {
          key: 'amount',
          header: t('moves.amount'),
          align: 'right',
          cell: ({ amount }) => (
            <Text component="span" fw={600} className={classes.line}>
              <Money value={amount} />
            </Text>
          ),
        },
        { key: 'state', header: t('payouts.state'), cell: (payout) => <State payout={payout} /> },
      ]}
      mobile={(payout) => (
        <div className={classes.card}>
          <Text component="span" fw={600} className={classes.line}>
            {payout.masked}
          </Text>
          <Text component="span" fw={600} className={classes.line}>
            <Money value={payout.amount} />
          </Text>
          <Text component="span" size="sm" c="dimmed" className={classes.whole}>
            {moment(payout.created_at)}
          </Text>
          <div className={classes.whole}>
            <State payout={payout} />
          </div>
        </div>
      )}
    />
  );
}

/** Where a payout stands and why, and the way back while there is one. */
function State({ payout }: { payout: Payout }) {
  const { t } = useTranslation('own');
  const { word, tone } = payoutStanding(payout.status);
  return (
    <div className={classes.state}>
      <StatusBadge tone={tone}>{t(`payouts.${word}`)}</StatusBadge>
      {payout.reason !== null && <Text size="sm">{payout.reason}</Text>}
      {payout.trace !== null && (
        <Text size="sm" c="dimmed" className={classes.trace}>
          {t('payouts.trace', { trace: payout.trace })}
        </Text>
      )}
      {payout.status === 'requested' && <TakeBack payout={payout} />}
    </div>
  );
}

function TakeBack({ payout: { id, amount: asked } }: { payout: Payout }) {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const notice = useNotice();
  const amount = money(asked);
  const takeBack = useCommand({
    send: (_: undefined, { headers }) =>
      send<unknown>(at(tenant, `wallet/payouts/${id}/cancellation`), headers),
    onSuccess: () => notice(t('payouts.takenBack', { amount })),
    onSettled: () => client.invalidateQueries({ queryKey: ownKey(tenant) }),
  });
  return (
    <ConfirmButton
      size="xs"
      danger
      label={t('payouts.takeBack')}
      aria-label={t('payouts.takeBackOf', { amount })}
      title={t('payouts.takeBackTitle')}
      message={t('payouts.takeBackText', { amount })}
      confirm={t('payouts.takeBackDeed')}
      onConfirm={() => takeBack.mutateAsync(undefined)}
    />
  );
}
