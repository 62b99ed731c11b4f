import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { Copyable } from '../../ui/Copyable';
import { useFormats } from '../../ui/format';
import { Qr } from '../../ui/Qr';
import classes from './LinkToSend.module.css';

/** A link to copy into a message, or to scan from this screen. */
export function LinkToSend({ url, expiresAt }: { url: string; expiresAt?: string }) {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const { day } = useFormats({ timezone });
  return (
    <div className={classes.link}>
      <div className={classes.code}>
        <Qr value={url} label={t('link.code')} />
      </div>
      <div className={classes.text}>
        <Copyable value={url} label={t('link.address')} />
        {expiresAt !== undefined && (
          <Text size="sm" c="dimmed">
            {t('link.until', { day: day(expiresAt) })}
          </Text>
        )}
      </div>
    </div>
  );
}
