import { IconCompassOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { DeadEnd } from './DeadEnd';
import { LinkButton } from './links';

/** There is no page of this address. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <DeadEnd
      icon={IconCompassOff}
      title={t('notFound.title')}
      action={<LinkButton to="/">{t('failure.home')}</LinkButton>}
    >
      {t('notFound.text')}
    </DeadEnd>
  );
}
