import { Button, Checkbox, Group, Modal, Stack } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { loyaltyCreateEnrollment } from '../../../api';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { FormError } from '../../../ui/FormError';
import { useNotice } from '../../../ui/useNotice';
import { useProblemForm } from '../../../ui/useProblemForm';
import { useIssue } from '../issued';
import classes from './EnrolDialog.module.css';
import { BirthdayField, NameField, PhoneField } from './fields';
import { useLists } from './lists';

const EMPTY = { phone: '', name: '', birthday: '', agreed: false };

/** Staff enrol somebody at the counter; it ends on the member's page with the code for their phone. */
export function EnrolDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('loyalty');
  const { t: common } = useTranslation('ui');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('enrol.title')}
      closeButtonProps={{ 'aria-label': common('close') }}
    >
      <EnrolForm onClose={onClose} />
    </Modal>
  );
}

function EnrolForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('loyalty');
  const { t: common } = useTranslation('ui');
  const business = useBusiness();
  const navigate = useNavigate();
  const issue = useIssue();
  const notice = useNotice();
  const lists = useLists();
  const { form, problem, refused, forget } = useProblemForm({
    mode: 'uncontrolled',
    initialValues: EMPTY,
    validate: {
      phone: (value) => (value.trim() === '' ? t('enrol.phoneMissing') : null),
      name: (value) => (value.trim() === '' ? t('enrol.nameMissing') : null),
      agreed: (value) => (value ? null : t('enrol.consentMissing')),
    },
  });
  const enrol = useCommand({
    send: ({ phone, name, birthday }: typeof EMPTY, { headers }) =>
      loyaltyCreateEnrollment({
        headers: { ...business.headers, ...headers },
        body: {
          phone: phone.trim(),
          name: name.trim(),
          ...(birthday === '' ? {} : { birthday }),
          consent: { version: t('enrol.consentVersion'), channel: 'counter' },
        },
      }),
    onSuccess: ({ new: isNew, member, token }) => {
      if (!member) return;
      if (token) issue(member.id, token);
      if (isNew) void lists.began();
      if (!isNew) notice(t('enrol.known', { name: member.name }));
      onClose();
      void navigate({
        to: '/console/$slug/loyalty/members/$memberId',
        params: { slug: business.slug, memberId: member.id },
      });
    },
    onError: refused,
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        forget();
        enrol.mutate(values);
      })}
    >
      <Stack gap="md">
        <FormError problem={problem} />
        <PhoneField {...form.getInputProps('phone')} key={form.key('phone')} required data-autofocus />
        <NameField {...form.getInputProps('name')} key={form.key('name')} />
        <BirthdayField
          {...form.getInputProps('birthday')}
          key={form.key('birthday')}
          description={t('enrol.birthdayWhy')}
        />
        <div>
          <figure className={classes.aloud}>
            <figcaption>{t('enrol.readAloud')}</figcaption>
            <blockquote>{t('enrol.consent', { business: business.name })}</blockquote>
          </figure>
          <Checkbox
            {...form.getInputProps('agreed', { type: 'checkbox' })}
            key={form.key('agreed')}
            label={t('enrol.agreed')}
          />
        </div>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {common('cancel')}
          </Button>
          <Button type="submit" loading={enrol.isPending}>
            {t('enrol.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
