import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type LoyaltyShowCustomerResponse as Customer, loyaltyCreateVoid, type Stamp } from '../../../api';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { FormError } from '../../../ui/FormError';
import { useFormats } from '../../../ui/format';
import { useNotice } from '../../../ui/useNotice';
import { fateOf } from './fate';
import { useRefresh } from './useRefresh';

interface VoidDialogProps {
  /** The stamp to be taken back; the dialogue is open while there is one. */
  stamp: Stamp | null;
  member: Customer;
  onClose: () => void;
}

/** Takes a stamp back for a reason, after saying what follows, because nothing brings it back. */
export function VoidDialog({ stamp, member, onClose }: VoidDialogProps) {
  const { t } = useTranslation('loyalty');
  const { t: common } = useTranslation('ui');
  return (
    <Modal
      opened={stamp !== null}
      onClose={onClose}
      title={t('void.title')}
      closeButtonProps={{ 'aria-label': common('close') }}
    >
      {stamp !== null && <VoidForm key={stamp.id} stamp={stamp} member={member} onClose={onClose} />}
    </Modal>
  );
}

function VoidForm({ stamp, member, onClose }: VoidDialogProps & { stamp: Stamp }) {
  const { t } = useTranslation('loyalty');
  const { t: common } = useTranslation('ui');
  const { headers, timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  const refresh = useRefresh(member.id);
  const fate = fateOf(stamp, member);
  const notice = useNotice();
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const takeBack = useCommand({
    send: (why: string, attempt) =>
      loyaltyCreateVoid({
        headers: { ...headers, ...attempt.headers },
        path: { stamp_id: stamp.id },
        body: { reason: why },
      }),
    onSuccess: async () => {
      await refresh();
      notice(t('void.done'));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(reason.trim() === '');
    if (reason.trim() !== '') takeBack.mutate(reason.trim());
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <FormError problem={takeBack.error} />
        <Text>{t('void.message', { name: member.name, moment: moment(stamp.stamped_at) })}</Text>
        <Text>{t(`void.${fate.kind}`, 'reward' in fate ? { reward: fate.reward.reward } : {})}</Text>
        <Textarea
          label={t('void.reason')}
          description={t('void.reasonKept')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={missing && t('void.reasonMissing')}
          maxLength={500}
          autosize
          minRows={2}
          required
          data-autofocus
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {common('cancel')}
          </Button>
          <Button type="submit" color="red" loading={takeBack.isPending}>
            {t('void.confirm')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
