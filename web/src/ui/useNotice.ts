import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';

/** Says for a moment that something was done. */
export function useNotice(): (message: string) => void {
  const { t } = useTranslation('ui');
  return (message) =>
    notifications.show({ message, color: 'green', closeButtonProps: { 'aria-label': t('close') } });
}
