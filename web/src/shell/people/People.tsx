import { Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/Page';
import { Allowed } from '../NotYours';
import { useBusiness } from '../session';
import { InviteButton } from './InviteButton';
import { Members } from './Members';
import { OpenInvitations } from './OpenInvitations';

/** Who works here and as what, and who was invited to. Meets I5. */
export function People() {
  const { t } = useTranslation('people');
  const { may } = useBusiness();
  return (
    <Allowed grant="people.read">
      <Page
        title={t('title')}
        description={t(may('people.manage') ? 'description' : 'readOnly')}
        actions={may('people.manage') && <InviteButton />}
      >
        <Stack gap="lg">
          <Members />
          <OpenInvitations />
        </Stack>
      </Page>
    </Allowed>
  );
}
