import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Sheet.module.css';

interface SheetProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A question that comes up from below, where the thumb is. */
export function Sheet({ title, opened, onClose, children }: SheetProps) {
  const { t } = useTranslation('stamper');
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="bottom"
      size="auto"
      title={title}
      closeButtonProps={{ 'aria-label': t('close'), size: 'xl' }}
      overlayProps={{ backgroundOpacity: 0.5 }}
      transitionProps={{ duration: 120 }}
      classNames={{ content: classes.sheet ?? '', body: classes.body ?? '', title: classes.title ?? '' }}
    >
      {children}
    </Drawer>
  );
}
