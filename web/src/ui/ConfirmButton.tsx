import { Button, type ButtonProps, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../client';
import { FormError } from './FormError';

interface ConfirmButtonProps extends ButtonProps {
  label: string;
  title: string;
  message: ReactNode;
  /** What the button that does it says: the deed, never "OK". */
  confirm: string;
  danger?: boolean;
  /** A promise keeps the dialogue open until it is kept, and shows its problem when it is not. */
  onConfirm: () => unknown;
}

/** A button that asks first. */
export function ConfirmButton({
  label,
  title,
  message,
  confirm,
  danger = false,
  onConfirm,
  ...button
}: ConfirmButtonProps) {
  const { t } = useTranslation('ui');
  const [opened, { open, close }] = useDisclosure(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const act = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setProblem(error instanceof ApiProblem ? error : new ApiProblem({}));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button variant="default" {...(danger && { c: 'red' })} {...button} onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
        <Stack gap="md">
          <FormError problem={problem} />
          <Text component="div">{message}</Text>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close} data-autofocus>
              {t('cancel')}
            </Button>
            <Button {...(danger && { color: 'red' })} loading={busy} onClick={() => void act()}>
              {confirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
