import { IconBuildingStore } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '../links';
import { homeOf, workplaces } from '../next';
import { PublicFrame } from '../PublicFrame';
import { useMe } from '../session';
import { UserMenu } from '../UserMenu';
import classes from './PersonFrame.module.css';

/** The frame of what is a person's own: their things, their account, and the way to where they work. */
export function PersonFrame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { data: me } = useMe();
  return (
    <PublicFrame
      narrow
      home="/home"
      actions={
        me &&
        workplaces(me).length > 0 && (
          <LinkButton
            to={homeOf(me)}
            variant="subtle"
            leftSection={<IconBuildingStore size={18} stroke={1.6} aria-hidden="true" />}
            className={classes.console}
          >
            {t('console.open')}
          </LinkButton>
        )
      }
      account={
        me ? (
          <UserMenu me={me} />
        ) : me === null ? (
          <LinkButton to="/sign-in" search={{ next: '/home' }} variant="default" size="xs">
            {t('signIn.submit')}
          </LinkButton>
        ) : null
      }
    >
      {children}
    </PublicFrame>
  );
}
