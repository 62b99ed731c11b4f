import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconDots, IconLinkOff, IconPencil, IconQrcode } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type DevicesDevicesDevice as Device, devicesRenameDevice, devicesRevokeDevice } from '../../../api';
import { devicesListDevicesInfiniteQueryKey } from '../../../api/@tanstack/react-query.gen';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { FormError } from '../../../ui/FormError';
import type { Pairable } from './PairDialog';

interface DeviceMenuProps {
  device: Device;
  onPair: (device: Pairable) => void;
}

/** What may be done with a device: call it something else, pair it again, end its pairing. */
export function DeviceMenu({ device, onPair }: DeviceMenuProps) {
  const { t } = useTranslation('stamper');
  const [asks, setAsks] = useState<'rename' | 'revoke' | null>(null);
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('devices.actionsOf', { name: device.name })}
          >
            <IconDots size={20} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={18} />} onClick={() => setAsks('rename')}>
            {t('devices.rename')}
          </Menu.Item>
          <Menu.Item leftSection={<IconQrcode size={18} />} onClick={() => onPair(device)}>
            {t('devices.newCode')}
          </Menu.Item>
          {device.status !== 'revoked' && (
            <Menu.Item color="red" leftSection={<IconLinkOff size={18} />} onClick={() => setAsks('revoke')}>
              {t('devices.revoke')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {asks === 'rename' && <Rename device={device} onClose={() => setAsks(null)} />}
      {asks === 'revoke' && <Revoke device={device} onClose={() => setAsks(null)} />}
    </>
  );
}

interface QuestionProps {
  device: Device;
  onClose: () => void;
}

function useDone(onClose: () => void) {
  const { headers } = useBusiness();
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: devicesListDevicesInfiniteQueryKey({ headers }) });
    onClose();
  };
}

function Rename({ device, onClose }: QuestionProps) {
  const { t } = useTranslation('stamper');
  const { headers } = useBusiness();
  const [name, setName] = useState(device.name);
  const rename = useCommand({
    send: (wanted: string, attempt) =>
      devicesRenameDevice({
        path: { device_id: device.id },
        body: { name: wanted },
        headers: { ...headers, ...attempt.headers },
      }),
    onSuccess: useDone(onClose),
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate(name);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('devices.rename')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form onSubmit={send}>
        <Stack gap="md">
          <FormError problem={rename.error} />
          <TextInput
            label={t('devices.name')}
            value={name}
            maxLength={100}
            required
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={rename.isPending} disabled={name.trim() === ''}>
              {t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Revoke({ device, onClose }: QuestionProps) {
  const { t } = useTranslation('stamper');
  const { headers } = useBusiness();
  const revoke = useCommand({
    send: ({ id }: Device) => devicesRevokeDevice({ path: { device_id: id }, headers }),
    onSuccess: useDone(onClose),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('devices.revokeTitle', { name: device.name })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack gap="md">
        <FormError problem={revoke.error} />
        <Text>{t('devices.revokeWhy')}</Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t('cancel')}
          </Button>
          <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate(device)}>
            {t('devices.revoke')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
