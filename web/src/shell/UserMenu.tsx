import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconBuildingStore, IconCards, IconLogout, IconUser } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Me } from '../api';
import { homeOf, workplaces } from './next';
import { useSignOut } from './signOut';
import classes from './UserMenu.module.css';

/** Two letters of a name, as they stand on its picture. */
export const initialsOf = (name: string) =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => Array.from(word)[0]?.toLocaleUpperCase() ?? '')
    .join('');

/** Who is signed in, and what is theirs. */
export function UserMenu({ me }: { me: Me }) {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          radius="xl"
          aria-label={t('user.menu', { name: me.user.name })}
        >
          {/* The letters are a picture of the name, which stands in the label. */}
          <span className={classes.initials} data-initials={initialsOf(me.user.name)} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={650} c="var(--hf-ink)" truncate>
            {me.user.name}
          </Text>
          <Text size="xs" truncate>
            {me.user.email}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        {workplaces(me).length > 0 && (
          <Menu.Item
            component={Link}
            to={homeOf(me)}
            leftSection={<IconBuildingStore size={18} stroke={1.6} />}
          >
            {t('console.open')}
          </Menu.Item>
        )}
        <Menu.Item component={Link} to="/home" leftSection={<IconCards size={18} stroke={1.6} />}>
          {t('home.title')}
        </Menu.Item>
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={18} stroke={1.6} />}>
          {t('account.title')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={18} stroke={1.6} />} onClick={() => signOut.mutate()}>
          {t('signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
