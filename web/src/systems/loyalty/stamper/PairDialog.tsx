import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type DevicesDevicesCode as Code,
  type DevicesDevicesDevice as Device,
  devicesAddDevice,
  devicesIssueCode,
} from '../../../api';
import {
  devicesListDevicesInfiniteQueryKey,
  devicesListDevicesOptions,
} from '../../../api/@tanstack/react-query.gen';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { FormError } from '../../../ui/FormError';
import { Qr } from '../../../ui/Qr';
import classes from './Devices.module.css';
import { newId } from './ids';

/** A device that is there already and gets a new code, or one that is new. */
export type Pairable = Device | 'new';

const LOOK_EVERY_MS = 3_000;

interface PairDialogProps {
  of: Pairable;
  onClose: () => void;
}

/** From a name to a code, and from the code to the device that was paired with it. */
export function PairDialog({ of, onClose }: PairDialogProps) {
  const { t } = useTranslation('stamper');
  const { headers } = useBusiness();
  const client = useQueryClient();
  const [id] = useState(() => newId());
  const changed = () =>
    void client.invalidateQueries({ queryKey: devicesListDevicesInfiniteQueryKey({ headers }) });
  const add = useCommand({
    send: (name: string) => devicesAddDevice({ body: { id, name }, headers }),
    onSuccess: changed,
  });
  const issue = useCommand({
    send: (device: Device) => devicesIssueCode({ path: { device_id: device.id }, headers }),
    onSuccess: changed,
  });
  const code = issue.data ?? add.data;
  const known = code?.device ?? (of === 'new' ? null : of);
  return (
    <Modal
      opened
      onClose={onClose}
      title={known === null ? t('devices.pair') : t('devices.pairName', { name: known.name })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {code !== undefined ? (
        <Waiting
          key={code.code}
          code={code}
          renewing={issue.isPending}
          onRenew={() => issue.mutate(code.device)}
          onPaired={changed}
          onClose={onClose}
        />
      ) : of === 'new' ? (
        <Naming problem={add.error} busy={add.isPending} onName={(name) => add.mutate(name)} />
      ) : (
        <Stack gap="md">
          <FormError problem={issue.error} />
          <Text>{t('devices.newCodeWhy')}</Text>
          <Button loading={issue.isPending} onClick={() => issue.mutate(of)} data-autofocus>
            {t('devices.showCode')}
          </Button>
        </Stack>
      )}
    </Modal>
  );
}

interface NamingProps {
  problem: Parameters<typeof FormError>[0]['problem'];
  busy: boolean;
  onName: (name: string) => void;
}

function Naming({ problem, busy, onName }: NamingProps) {
  const { t } = useTranslation('stamper');
  const [name, setName] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    onName(name);
  };
  return (
    <form onSubmit={send}>
      <Stack gap="md">
        <FormError problem={problem} />
        <TextInput
          label={t('devices.name')}
          description={t('devices.nameHelp')}
          placeholder={t('devices.nameExample')}
          value={name}
          maxLength={100}
          required
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Button type="submit" loading={busy} disabled={name.trim() === ''}>
          {t('devices.showCode')}
        </Button>
      </Stack>
    </form>
  );
}

interface WaitingProps {
  code: Code;
  renewing: boolean;
  onRenew: () => void;
  onPaired: () => void;
  onClose: () => void;
}

/** The code, while the device is on its way; it says by itself when it is paired. */
function Waiting({ code, renewing, onRenew, onPaired, onClose }: WaitingProps) {
  const { t } = useTranslation('stamper');
  const { headers } = useBusiness();
  const left = useSecondsLeft(code.expires_at);
  const { data: paired = false } = useQuery({
    ...devicesListDevicesOptions({ headers, query: { limit: 200 } }),
    refetchInterval: ({ state }) => (left > 0 && !isPaired(state.data?.items, code) ? LOOK_EVERY_MS : false),
    select: ({ items }) => isPaired(items, code),
  });
  const tell = useEffectEvent(onPaired);
  useEffect(() => {
    if (paired) tell();
  }, [paired]);
  if (paired)
    return (
      <Stack gap="md" ta="center">
        <span className={classes.done} aria-hidden="true">
          <IconCheck size={40} stroke={2.4} />
        </span>
        <Text role="status" fw={620} size="lg">
          {t('devices.paired')}
        </Text>
        <Button onClick={onClose} data-autofocus>
          {t('devices.done')}
        </Button>
      </Stack>
    );
  if (left === 0)
    return (
      <Stack gap="md">
        <Text role="status">{t('devices.expired')}</Text>
        <Button loading={renewing} onClick={onRenew}>
          {t('devices.newCode')}
        </Button>
      </Stack>
    );
  return (
    <Stack gap="md">
      <Text>{t('devices.how', { address: `${location.host}/stamper` })}</Text>
      <div className={classes.qr}>
        <Qr value={`${location.origin}/stamper#pair=${code.code}`} label={t('devices.qr')} />
      </div>
      <div className={classes.code}>{code.code}</div>
      <div className={classes.left} role="timer">
        {t('devices.left', { time: clock(left) })}
      </div>
    </Stack>
  );
}

/** Paired since this code was given out: a code that was used up is the only way there. */
const isPaired = (devices: Device[] | undefined, { device, expires_at }: Code) => {
  const now = devices?.find(({ id }) => id === device.id);
  if (now === undefined || now.status !== 'paired' || now.paired_at === null) return false;
  return now.paired_at !== device.paired_at && Date.parse(now.paired_at) < Date.parse(expires_at);
};

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** By the difference of our own clock since the code came, because ours may be wrong. */
function useSecondsLeft(expiresAt: string): number {
  const [ends] = useState(() => performance.now() + Math.min(Date.parse(expiresAt) - Date.now(), CODE_MS));
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((ends - now) / 1000));
}

const CODE_MS = 15 * 60 * 1000;
