import { ActionIcon, Button, Group, Menu, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDoorExit, IconDots, IconUserCog } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type PeopleMembershipsMember, peopleChangeMember, peopleEndMembership } from '../../api';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useNotice } from '../../ui/useNotice';
import { useSaid } from '../said';
import { ME_KEY, useBusiness } from '../session';
import { useAskAgain } from './lists';
import { type Placed, placedOf, placingOf, RoleChoice } from './RoleChoice';

interface MemberActionsProps {
  member: PeopleMembershipsMember;
  isMe: boolean;
}

/** What can be done about somebody who works here: another role, or letting them go; anybody may leave. */
export function MemberActions({ member, isMe }: MemberActionsProps) {
  const { t } = useTranslation('people');
  const { may } = useBusiness();
  const [changing, change] = useDisclosure(false);
  const [ending, end] = useDisclosure(false);
  if (!may('people.manage') && !isMe) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={t('actionsFor', { name: member.name })}>
            <IconDots size={20} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may('people.manage') && (
            <Menu.Item
              leftSection={<IconUserCog size={18} stroke={1.6} aria-hidden="true" />}
              onClick={change.open}
            >
              {t('changeRole')}
            </Menu.Item>
          )}
          <Menu.Item
            color="red"
            leftSection={<IconDoorExit size={18} stroke={1.6} aria-hidden="true" />}
            onClick={end.open}
          >
            {t(isMe ? 'leave' : 'letGo')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing && <ChangeRole member={member} onClose={change.close} />}
      {ending && <End member={member} isMe={isMe} onClose={end.close} />}
    </>
  );
}

function ChangeRole({ member, onClose }: { member: PeopleMembershipsMember; onClose: () => void }) {
  const { t } = useTranslation('people');
  const notice = useNotice();
  const said = useSaid();
  const { headers } = useBusiness();
  const client = useQueryClient();
  const askAgain = useAskAgain();
  const [placed, setPlaced] = useState<Placed>(placedOf(member));
  const save = useCommand({
    send: (_: undefined, attempt) =>
      peopleChangeMember({
        path: { membership_id: member.id },
        body: placingOf(placed),
        headers: { ...headers, ...attempt.headers },
      }),
    onSuccess: async () => {
      onClose();
      notice(t('roleChanged', { name: member.name }));
      // One's own role may have changed, and with it what one sees.
      await Promise.all([askAgain(), client.invalidateQueries({ queryKey: ME_KEY })]);
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('changeRoleOf', { name: member.name })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        <Stack gap="md">
          <FormError problem={save.error && said(save.error)} />
          <RoleChoice value={placed} onChange={setPlaced} />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={placed === placedOf(member)}>
              {t('changeRole')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function End({ member, isMe, onClose }: MemberActionsProps & { onClose: () => void }) {
  const { t } = useTranslation('people');
  const notice = useNotice();
  const said = useSaid();
  const router = useRouter();
  const client = useQueryClient();
  const { headers, name } = useBusiness();
  const askAgain = useAskAgain();
  const end = useCommand({
    send: (_: undefined, attempt) =>
      peopleEndMembership({
        path: { membership_id: member.id },
        headers: { ...headers, ...attempt.headers },
      }),
    onSuccess: async () => {
      onClose();
      if (isMe) {
        await router.navigate({ to: '/home' });
        await client.invalidateQueries({ queryKey: ME_KEY });
      } else {
        notice(t('letGoDone', { name: member.name }));
        await askAgain();
      }
    },
  });
  const words = { name: member.name, business: name };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(isMe ? 'leaveTitle' : 'letGoTitle', words)}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack gap="md">
        <FormError problem={end.error && said(end.error)} />
        <Text>{t(isMe ? 'leaveText' : 'letGoText', words)}</Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t('cancel')}
          </Button>
          <Button color="red" loading={end.isPending} onClick={() => end.mutate(undefined)}>
            {t(isMe ? 'leave' : 'letGo')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
