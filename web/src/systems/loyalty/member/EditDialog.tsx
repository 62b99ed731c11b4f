import { Button, Group, Modal, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import {
  type LoyaltyShowCustomerResponse as Customer,
  loyaltyChangeCustomer,
  type MembersChange,
} from '../../../api';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { FormError } from '../../../ui/FormError';
import { useNotice } from '../../../ui/useNotice';
import { useProblemForm } from '../../../ui/useProblemForm';
import { BirthdayField, NameField, PhoneField } from '../members/fields';
import { useLists } from '../members/lists';
import { useRefresh } from './useRefresh';

interface EditDialogProps {
  member: Customer;
  opened: boolean;
  onClose: () => void;
}

/** Corrects what is known of a member; cards, stamps and rewards stay theirs. */
export function EditDialog({ member, opened, onClose }: EditDialogProps) {
  const { t } = useTranslation('loyalty');
  const { t: common } = useTranslation('ui');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('edit.title')}
      closeButtonProps={{ 'aria-label': common('close') }}
    >
      <EditForm member={member} onClose={onClose} />
    </Modal>
  );
}

function EditForm({ member, onClose }: Omit<EditDialogProps, 'opened'>) {
  const { t } = useTranslation('loyalty');
  const { t: common } = useTranslation('ui');
  const { headers, may } = useBusiness();
  const refresh = useRefresh(member.id);
  const notice = useNotice();
  const lists = useLists();
  const known = { name: member.name, phone: member.phone ?? '', birthday: member.birthday ?? '' };
  const { form, problem, refused, forget } = useProblemForm({
    mode: 'uncontrolled',
    initialValues: known,
    validate: { name: (value) => (value.trim() === '' ? t('enrol.nameMissing') : null) },
  });
  const change = useCommand({
    send: (body: MembersChange, attempt) =>
      loyaltyChangeCustomer({
        headers: { ...headers, ...attempt.headers },
        path: { customer_id: member.id },
        body,
      }),
    onSuccess: async (changed) => {
      lists.correct(changed);
      await refresh();
      notice(common('saved'));
      onClose();
    },
    onError: refused,
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ name, phone, birthday }) => {
        forget();
        // What did not change is not sent, because a new number takes a grant of its own.
        change.mutate({
          ...(name.trim() === known.name ? {} : { name: name.trim() }),
          ...(phone.trim() === known.phone ? {} : { phone: phone.trim() }),
          ...(birthday === known.birthday ? {} : { birthday: birthday || null }),
        });
      })}
    >
      <Stack gap="md">
        <FormError problem={problem} />
        <NameField {...form.getInputProps('name')} key={form.key('name')} data-autofocus />
        <PhoneField
          {...form.getInputProps('phone')}
          key={form.key('phone')}
          description={may('loyalty.correct') ? t('edit.phoneKeeps') : t('edit.phoneNotYours')}
          disabled={!may('loyalty.correct')}
        />
        <BirthdayField {...form.getInputProps('birthday')} key={form.key('birthday')} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {common('cancel')}
          </Button>
          <Button type="submit" loading={change.isPending}>
            {common('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
