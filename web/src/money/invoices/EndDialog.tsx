import { Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import type { Invoice } from '../billing';
import { Sheet, SheetForm } from '../parts/Sheet';
import { useVoid, useWriteOff } from './commands';

interface EndDialogProps {
  invoice: Invoice;
  how: 'void' | 'writeOff';
  opened: boolean;
  onClose: () => void;
}

/** Take an invoice back, or give it up; both say why. */
export function EndDialog({ opened, onClose, how, invoice }: EndDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t(`${how}.title`)}>
      <EndForm how={how} invoice={invoice} onClose={onClose} />
    </Sheet>
  );
}

function EndForm({ how, invoice, onClose }: Omit<EndDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { money } = useFormats();
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const take = useVoid(invoice.id);
  const giveUp = useWriteOff(invoice.id);
  const command = how === 'void' ? take : giveUp;
  return (
    <SheetForm
      onSubmit={() => {
        setMissing(reason.trim() === '');
        if (reason.trim() !== '') command.mutate({ reason: reason.trim() }, { onSuccess: onClose });
      }}
      onClose={onClose}
      problem={command.error}
      busy={command.isPending}
      deed={t(`${how}.deed`)}
      danger
    >
      <Text size="sm">{t(`${how}.message`, { number: invoice.number, amount: money(invoice.due) })}</Text>
      <Textarea
        label={t('refund.reason')}
        autosize
        minRows={2}
        maxLength={500}
        withAsterisk
        value={reason}
        error={missing && t('refund.reasonMissing')}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </SheetForm>
  );
}
