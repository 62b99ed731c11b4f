import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/Page';
import { PersonFrame } from '../customer/PersonFrame';
import { InFrame } from '../Framed';
import { useMe } from '../session';
import { PasswordForm } from './PasswordForm';
import { ProfileForm } from './ProfileForm';
import { Sessions } from './Sessions';

/** A person's own account: who they are, their password, where they are signed in. Meets I116. */
export function Account() {
  const { t } = useTranslation();
  const { data: me } = useMe();
  if (!me) return null;
  return (
    <PersonFrame>
      <InFrame value={true}>
        <Page title={t('account.title')} description={me.user.email} width="text">
          <ProfileForm user={me.user} />
          <PasswordForm email={me.user.email} />
          <Sessions />
        </Page>
      </InFrame>
    </PersonFrame>
  );
}
