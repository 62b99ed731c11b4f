import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { DeadEnd } from './DeadEnd';
import { LinkButton } from './links';
import { useBusiness } from './session';

/** Something that is there, for somebody else. */
export function NotYours({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <DeadEnd
      icon={IconLock}
      title={t('notYours.title')}
      action={<LinkButton to="/home">{t('notYours.home')}</LinkButton>}
    >
      {children ?? t('notYours.text')}
    </DeadEnd>
  );
}

/** What only holders of a grant may see; everybody else is told whom to ask. */
export function Allowed({ grant, children }: { grant: string; children: ReactNode }) {
  const { t } = useTranslation();
  const { may, name } = useBusiness();
  return may(grant) ? children : <NotYours>{t('notYours.ask', { business: name })}</NotYours>;
}
