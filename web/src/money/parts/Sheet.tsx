import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../client';
import { FormError } from '../../ui/FormError';

interface SheetProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: number;
  children: ReactNode;
}

/** A dialogue; what is in it begins anew whenever it opens. */
export function Sheet({ opened, onClose, title, size = 520, children }: SheetProps) {
  const { t } = useTranslation('ui');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {children}
    </Modal>
  );
}

interface SheetFormProps {
  onSubmit: () => void;
  onClose: () => void;
  problem: ApiProblem | null;
  busy: boolean;
  /** What the button that does it says: the deed, never "OK". */
  deed: string;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
}

/** The fields of a dialogue with its two buttons. */
export function SheetForm({
  onSubmit,
  onClose,
  problem,
  busy,
  deed,
  danger,
  disabled,
  children,
}: SheetFormProps) {
  const { t } = useTranslation('ui');
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Stack gap="md">
        <FormError problem={problem} />
        {children}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button type="submit" loading={busy} disabled={disabled ?? false} {...(danger && { color: 'red' })}>
            {deed}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
