import { IconCompassOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../ui/Empty';
import { Page } from '../ui/Page';
import { Framed } from './Framed';
import { LinkButton } from './links';

/** There is no page of this address. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <Framed>
      <Page title={t('notFound.title')} width="text">
        <Empty
          icon={<IconCompassOff size={40} stroke={1.4} aria-hidden="true" />}
          title={t('notFound.subtitle')}
          action={<LinkButton to="/">{t('failure.home')}</LinkButton>}
        >
          {t('notFound.text')}
        </Empty>
      </Page>
    </Framed>
  );
}
