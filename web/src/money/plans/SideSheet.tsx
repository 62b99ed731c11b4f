import { Button, Drawer, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface SideSheetProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}

/** A dialogue at the side for forms that are long; what is in it begins anew whenever it opens. */
export function SideSheet({ opened, onClose, title, children }: SideSheetProps) {
  const { t } = useTranslation('ui');
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={title}
      position="right"
      size={640}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {children}
    </Drawer>
  );
}

interface SideButtonsProps {
  onClose: () => void;
  busy: boolean;
  disabled?: boolean;
  /** What the button that does it says: the deed, never "OK". */
  deed: string;
}

/** Its two buttons, at the end of the form. */
export function SideButtons({ onClose, busy, disabled = false, deed }: SideButtonsProps) {
  const { t } = useTranslation('ui');
  return (
    <Group justify="flex-end" gap="sm">
      <Button variant="default" onClick={onClose}>
        {t('cancel')}
      </Button>
      <Button type="submit" loading={busy} disabled={disabled}>
        {deed}
      </Button>
    </Group>
  );
}
