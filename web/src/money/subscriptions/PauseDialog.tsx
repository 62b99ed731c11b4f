import { Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Sheet, SheetForm } from '../parts/Sheet';
import { usePause } from './commands';

interface PauseDialogProps {
  id: string;
  opened: boolean;
  onClose: () => void;
}

/** Let a subscription rest, until a day or until somebody says so. */
export function PauseDialog({ id, opened, onClose }: PauseDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('pause.title')}>
      <PauseForm id={id} onClose={onClose} />
    </Sheet>
  );
}

function PauseForm({ id, onClose }: Omit<PauseDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const [until, setUntil] = useState('');
  const pause = usePause(id);
  return (
    <SheetForm
      onSubmit={() => pause.mutate(until === '' ? null : until, { onSuccess: onClose })}
      onClose={onClose}
      problem={pause.error}
      busy={pause.isPending}
      deed={t('pause.deed')}
    >
      <Text size="sm">{t('pause.message')}</Text>
      <TextInput
        label={t('pause.until')}
        description={t('pause.untilHint')}
        type="date"
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
    </SheetForm>
  );
}
