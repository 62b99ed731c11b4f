import { Alert } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { tenantsSettingsOptions } from '../../api/@tanstack/react-query.gen';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Allowed } from '../NotYours';
import { useBusiness } from '../session';
import { DetailsForm } from './DetailsForm';
import { Look } from './Look';
import { Systems } from './Systems';
import { TimeMachine } from './TimeMachine';

/** What a business is called, where it is, how it looks, and which systems it uses. */
export function Settings() {
  return (
    <Allowed grant="tenants.read">
      <Everything />
    </Allowed>
  );
}

function Everything() {
  const { t } = useTranslation('people');
  const business = useBusiness();
  const settings = useQuery(
    tenantsSettingsOptions({ path: { tenant_id: business.tenant }, headers: business.headers }),
  );
  return (
    <Page title={t('settings')} description={t('settings.description')} width="text">
      {!business.may('tenants.manage') && (
        <Alert variant="light" color="gray" icon={<IconLock aria-hidden="true" />}>
          {t('settings.readOnly')}
        </Alert>
      )}
      <Loaded query={settings}>
        {(tenant) => (
          <>
            <Look tenant={tenant} />
            <DetailsForm tenant={tenant} />
            <Systems tenant={tenant} />
            {business.may('tenants.clock') && <TimeMachine />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
