import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { peopleInvite } from '../../api';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { SandboxMailbox } from '../SandboxMailbox';
import { useSaid } from '../said';
import { useBusiness } from '../session';
import { isAddress } from '../signin/address';
import { useAskAgain } from './lists';
import { placingOf, RoleChoice } from './RoleChoice';

/** Ask somebody by mail to work here. */
export function InviteButton() {
  const { t } = useTranslation('people');
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button leftSection={<IconUserPlus size={18} aria-hidden="true" />} onClick={open}>
        {t('invite')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('inviteTitle')}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <Invite onClose={close} />
      </Modal>
    </>
  );
}

function Invite({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('people');
  const notice = useNotice();
  const said = useSaid();
  const { headers, name } = useBusiness();
  const askAgain = useAskAgain();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: { email: '', role: 'staff' },
    validate: { email: (typed) => (isAddress(typed) ? null : t('emailMalformed')) },
  });
  const invite = useCommand({
    send: ({ email, role }: typeof form.values, attempt) =>
      peopleInvite({
        body: { email: email.trim(), ...placingOf(role) },
        headers: { ...headers, ...attempt.headers },
      }),
    onError: (problem) => refused(said(problem)),
    onSuccess: async (invitation) => {
      setSentTo(invitation.email);
      notice(t('invited', { email: invitation.email }));
      await askAgain();
    },
  });
  if (sentTo !== null) {
    return (
      <Stack gap="md">
        <Text role="status">{t('invitedText', { email: sentTo, business: name })}</Text>
        <SandboxMailbox to={sentTo} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{t('close')}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((typed) => {
        forget();
        invite.mutate(typed);
      })}
    >
      <Stack gap="md">
        <FormError problem={problem} />
        <TextInput
          type="email"
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          label={t('email')}
          description={t('inviteHint')}
          required
          withAsterisk={false}
          data-autofocus
          {...form.getInputProps('email')}
        />
        <RoleChoice value={form.values.role} onChange={(role) => form.setFieldValue('role', role)} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button type="submit" loading={invite.isPending}>
            {t('inviteSend')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
