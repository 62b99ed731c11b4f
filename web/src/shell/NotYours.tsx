import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../ui/Empty';
import { Page } from '../ui/Page';
import { Framed } from './Framed';
import { LinkButton } from './links';
import { useBusiness } from './session';

/** Something that is there, for somebody else. */
export function NotYours({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Framed>
      <Page title={t('notYours.title')} width="text">
        <Empty
          icon={<IconLock size={40} stroke={1.4} aria-hidden="true" />}
          title={t('notYours.subtitle')}
          action={<LinkButton to="/home">{t('notYours.home')}</LinkButton>}
        >
          {children ?? t('notYours.text')}
        </Empty>
      </Page>
    </Framed>
  );
}

/** What only holders of a grant may see; everybody else is told whom to ask. */
export function Allowed({ grant, children }: { grant: string; children: ReactNode }) {
  const { t } = useTranslation();
  const { may, name } = useBusiness();
  return may(grant) ? children : <NotYours>{t('notYours.ask', { business: name })}</NotYours>;
}
