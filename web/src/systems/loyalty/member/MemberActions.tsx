import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { type LoyaltyShowCustomerResponse as Customer, loyaltyCreateCardToken } from '../../../api';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { ConfirmButton } from '../../../ui/ConfirmButton';
import { useIssue } from '../issued';
import { EditDialog } from './EditDialog';

/** What can be done for a member besides stamping: correct what is known, give the cards out anew. */
export function MemberActions({ member }: { member: Customer }) {
  const { t } = useTranslation('loyalty');
  const { headers, may } = useBusiness();
  const issue = useIssue();
  const [editing, edit] = useDisclosure(false);
  const reissue = useCommand({
    send: (_: null, attempt) =>
      loyaltyCreateCardToken({
        headers: { ...headers, ...attempt.headers },
        path: { customer_id: member.id },
      }),
    onSuccess: ({ token }) => issue(member.id, token),
  });
  return (
    <>
      {may('loyalty.correct') && (
        <ConfirmButton
          label={t('reissue.label')}
          title={t('reissue.title')}
          message={t('reissue.message', { name: member.name })}
          confirm={t('reissue.confirm')}
          onConfirm={() => reissue.mutateAsync(null)}
        />
      )}
      {may('loyalty.enroll') && (
        <Button
          variant="default"
          leftSection={<IconPencil size={18} aria-hidden="true" />}
          onClick={edit.open}
        >
          {t('edit.label')}
        </Button>
      )}
      <EditDialog member={member} opened={editing} onClose={edit.close} />
    </>
  );
}
