import { Group, SimpleGrid, Stack, Text, Textarea } from '@mantine/core';
import { IconBuildingBank, IconCheck, IconWallet } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type PayoutsListPayoutsResponse,
  type PayoutsPayoutsStatus,
  payoutsCreateApproval,
  payoutsCreateRejection,
} from '../../api';
import {
  payoutsListPayoutsInfiniteOptions,
  payoutsListWalletsOptions,
} from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useNotice } from '../../ui/useNotice';
import { forget } from '../parts/forget';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { BankFiles } from './BankFiles';
import { WalletTile } from './WalletTile';

type Listed = PayoutsListPayoutsResponse['items'][number];

const PAGE = 50;
const TONES = {
  requested: 'warn',
  approved: 'info',
  sending: 'info',
  unknown: 'warn',
  processing: 'info',
  paid: 'good',
  failed: 'bad',
  returned: 'bad',
  rejected: 'neutral',
  cancelled: 'neutral',
} as const satisfies Record<PayoutsPayoutsStatus, string>;

/** What the business owes to others, and how it leaves: asked for by one person, approved by another. */
export function Payouts() {
  const { t } = useTranslation('payouts');
  const { headers, may, timezone } = useBusiness();
  const { money, moment } = useFormats({ timezone });
  const client = useQueryClient();
  const notice = useNotice();
  const [reason, setReason] = useState('');
  const question = { headers, query: { limit: PAGE } };
  const wallets = useQuery(payoutsListWalletsOptions(question));
  const payouts = useInfiniteQuery({
    ...payoutsListPayoutsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  const again = () => forget(client, ['payoutsListPayouts', 'payoutsListWallets', 'payoutsListFiles']);
  const approve = useCommand({
    send: (id: string, attempt) =>
      payoutsCreateApproval({ headers: { ...headers, ...attempt.headers }, path: { payout_id: id } }),
    onSuccess: async ({ status }) => {
      notice(t(status === 'requested' ? 'approved.first' : 'approved'));
      await again();
    },
  });
  const reject = useCommand({
    send: (id: string, attempt) =>
      payoutsCreateRejection({
        headers: { ...headers, ...attempt.headers },
        path: { payout_id: id },
        body: { reason },
      }),
    onSuccess: async () => {
      setReason('');
      notice(t('rejected'));
      await again();
    },
  });
  const badge = ({ status }: Listed) => (
    <StatusBadge tone={TONES[status]}>{t(`state.${status}`)}</StatusBadge>
  );
  const decide = (payout: Listed) =>
    payout.status === 'requested' && may('payouts.approve') ? (
      <Group gap="xs" justify="flex-end">
        <ConfirmButton
          size="xs"
          leftSection={<IconCheck size={16} aria-hidden="true" />}
          label={t('approve')}
          title={t('approve.title')}
          message={t('approve.message', {
            amount: money(payout.amount),
            holder: payout.holder,
            account: payout.masked,
          })}
          confirm={t('approve')}
          onConfirm={() => approve.mutateAsync(payout.id)}
        />
        <ConfirmButton
          size="xs"
          variant="default"
          label={t('reject')}
          title={t('reject.title')}
          danger
          message={
            <Textarea
              label={t('reject.reason')}
              description={t('reject.message')}
              value={reason}
              maxLength={500}
              required
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          }
          confirm={t('reject')}
          onConfirm={() => reject.mutateAsync(payout.id)}
        />
      </Group>
    ) : payout.status === 'requested' ? (
      <Text size="sm" c="dimmed">
        {t('approvals', { count: payout.approvals, of: payout.approvals_needed })}
      </Text>
    ) : (
      <Text size="sm" c="dimmed">
        {payout.trace ?? payout.reason ?? ''}
      </Text>
    );
  return (
    <Page title={t('title')} description={t('description')}>
      <Stack gap="lg">
        <FormError problem={approve.error ?? reject.error} />
        <Loaded
          query={wallets}
          isEmpty={({ items }) => items.length === 0}
          empty={
            <Empty icon={<IconWallet size={36} stroke={1.5} aria-hidden="true" />} title={t('wallets.none')}>
              {t('wallets.noneText')}
            </Empty>
          }
        >
          {({ items }) => (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
              {items.map(({ wallet, balances }) => (
                <WalletTile key={wallet.id} wallet={wallet} balances={balances} onAsked={again} />
              ))}
            </SimpleGrid>
          )}
        </Loaded>
        <Panel title={t('payouts')} description={t('payouts.description')} flush>
          <List
            query={payouts}
            columns={[
              {
                key: 'wallet',
                header: t('to'),
                cell: ({ wallet_name, masked }) => (
                  <>
                    <span className={classes.strong}>{wallet_name}</span>
                    <div className={classes.faint}>{masked}</div>
                  </>
                ),
              },
              { key: 'amount', header: t('amount'), align: 'right', cell: ({ amount }) => money(amount) },
              { key: 'at', header: t('asked'), cell: ({ created_at }) => moment(created_at) },
              { key: 'state', header: t('state'), cell: badge },
              { key: 'decide', header: t('decision'), align: 'right', cell: decide },
            ]}
            rowKey={({ id }) => id}
            caption={t('payouts')}
            mobile={(payout) => (
              <span className={classes.card}>
                <span className={classes.strong}>{payout.wallet_name}</span>
                <span className={classes.strong}>{money(payout.amount)}</span>
                <span className={classes.faint}>
                  {payout.masked} · {moment(payout.created_at)}
                </span>
                {badge(payout)}
                {decide(payout)}
              </span>
            )}
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
        <BankFiles onMade={again} />
      </Stack>
    </Page>
  );
}
