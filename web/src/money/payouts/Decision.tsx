import { Group, Text, Textarea } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { payoutsCreateApproval, payoutsCreateRejection } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { useFormats } from '../../ui/format';
import { useNotice } from '../../ui/useNotice';
import { again } from './again';
import { BankAnswer } from './BankAnswer';
import { bankCanHave, type Listed } from './standing';

/** What is to be decided or told of a payout, for whoever may; else what was. */
export function Decision({ payout }: { payout: Listed }) {
  const { t } = useTranslation('payouts');
  const { may } = useBusiness();
  const outcomes = bankCanHave(payout);
  const decides = may('payouts.approve');
  const said = payout.trace ?? payout.reason;
  if (payout.status === 'requested')
    return decides ? (
      <Group gap="xs" justify="flex-end" wrap="nowrap">
        <Approve payout={payout} />
        <Reject payout={payout} />
      </Group>
    ) : (
      <Text size="sm" c="dimmed">
        {t('approvals', { count: payout.approvals, of: payout.approvals_needed })}
      </Text>
    );
  const tells = decides && outcomes.length > 0;
  if (said === null && !tells) return null;
  return (
    <Group gap="xs" justify="flex-end">
      {said !== null && (
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {said}
        </Text>
      )}
      {tells && <BankAnswer payout={payout} outcomes={outcomes} />}
    </Group>
  );
}

function Approve({ payout: { id, amount, holder, masked } }: { payout: Listed }) {
  const { t } = useTranslation('payouts');
  const { headers } = useBusiness();
  const { money } = useFormats();
  const client = useQueryClient();
  const notice = useNotice();
  const approve = useCommand({
    send: (_: undefined, attempt) =>
      payoutsCreateApproval({ headers: { ...headers, ...attempt.headers }, path: { payout_id: id } }),
    onSuccess: async ({ status }) => {
      notice(t(status === 'requested' ? 'approved.first' : 'approved'));
      await again(client);
    },
  });
  return (
    <ConfirmButton
      size="xs"
      leftSection={<IconCheck size={16} aria-hidden="true" />}
      label={t('approve')}
      title={t('approve.title')}
      message={t('approve.message', { amount: money(amount), holder, account: masked })}
      confirm={t('approve')}
      onConfirm={() => approve.mutateAsync(undefined)}
    />
  );
}

function Reject({ payout: { id } }: { payout: Listed }) {
  const { t } = useTranslation('payouts');
  const { headers } = useBusiness();
  const client = useQueryClient();
  const notice = useNotice();
  const [reason, setReason] = useState('');
  const reject = useCommand({
    send: (_: undefined, attempt) =>
      payoutsCreateRejection({
        headers: { ...headers, ...attempt.headers },
        path: { payout_id: id },
        body: { reason },
      }),
    onSuccess: async () => {
      setReason('');
      notice(t('rejected'));
      await again(client);
    },
  });
  return (
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
      onConfirm={() => reject.mutateAsync(undefined)}
    />
  );
}
