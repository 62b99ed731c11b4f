import { SegmentedControl, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import type { Invoice } from '../billing';
import { Sheet, SheetForm } from '../parts/Sheet';
import { useSettle } from './commands';

interface SettleDialogProps {
  invoice: Invoice;
  opened: boolean;
  onClose: () => void;
}

/** The customer paid in cash or by transfer, past the providers. */
export function SettleDialog({ opened, onClose, invoice }: SettleDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('settle.title')}>
      <SettleForm invoice={invoice} onClose={onClose} />
    </Sheet>
  );
}

function SettleForm({ invoice, onClose }: Omit<SettleDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { money } = useFormats();
  const settle = useSettle(invoice.id);
  const [method, setMethod] = useState<'cash' | 'transfer'>('cash');
  const [reference, setReference] = useState('');
  return (
    <SheetForm
      onSubmit={() =>
        settle.mutate(
          { method, ...(reference.trim() && { reference: reference.trim() }) },
          { onSuccess: onClose },
        )
      }
      onClose={onClose}
      problem={settle.error}
      busy={settle.isPending}
      deed={t('settle.deed', { amount: money(invoice.due) })}
    >
      <Text size="sm">{t('settle.message')}</Text>
      <SegmentedControl
        fullWidth
        aria-label={t('settle.how')}
        data={[
          { value: 'cash', label: t('settle.cash') },
          { value: 'transfer', label: t('settle.transfer') },
        ]}
        value={method}
        onChange={(value) => setMethod(value === 'transfer' ? 'transfer' : 'cash')}
      />
      <TextInput
        label={t('settle.reference')}
        description={t('settle.referenceHint')}
        maxLength={200}
        value={reference}
        onChange={(event) => setReference(event.currentTarget.value)}
      />
    </SheetForm>
  );
}
