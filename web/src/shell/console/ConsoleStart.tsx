import { Navigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../ui/Empty';
import { Page } from '../../ui/Page';
import { LinkButton } from '../links';
import { useBusiness } from '../session';
import { useSystemsOf } from '../systems';
import { consolePath, firstPage } from './pages';

/** Where a console opens: the first page of what is switched on, or how to switch something on. */
export function ConsoleStart() {
  const { t } = useTranslation();
  const business = useBusiness();
  const systems = useSystemsOf(business);
  const first = firstPage(systems, business);
  if (systems.length > 0 && first !== null)
    return <Navigate to={consolePath(business.slug, first)} replace />;
  return (
    <Page title={business.name} width="text">
      <Empty
        title={t('console.nothingOn')}
        action={
          business.may('tenants.manage') && (
            <LinkButton to={consolePath(business.slug, 'settings')}>{t('nav.settings')}</LinkButton>
          )
        }
      >
        {t(business.may('tenants.manage') ? 'console.switchOn' : 'console.askOwner')}
      </Empty>
    </Page>
  );
}
