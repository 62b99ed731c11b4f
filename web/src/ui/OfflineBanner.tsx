import { useNetwork } from '@mantine/hooks';
import { IconWifiOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import classes from './OfflineBanner.module.css';

/** Says when the browser has no network; announced, because it changes what a screen is worth. */
export function OfflineBanner() {
  const { t } = useTranslation('ui');
  const { online } = useNetwork();
  return (
    <div role="status" className={online ? undefined : classes.banner}>
      {!online && (
        <>
          <IconWifiOff size={18} aria-hidden="true" />
          <span>{t('offline.banner')}</span>
        </>
      )}
    </div>
  );
}
