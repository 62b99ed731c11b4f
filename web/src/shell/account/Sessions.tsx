import { Group, Stack, Text } from '@mantine/core';
import { IconDeviceDesktop, IconDeviceMobile, IconTerminal2 } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type SessionsSessionsDevice, sessionsEndSession } from '../../api';
import { sessionsDevicesOptions, sessionsDevicesQueryKey } from '../../api/@tanstack/react-query.gen';
import { Ago } from '../../ui/Ago';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useSignOut } from '../signOut';
import { browserOf } from './browser';
import classes from './Sessions.module.css';

/** Where the person is signed in; each can be ended, and all at once. Meets W49, I128. */
export function Sessions() {
  const { t } = useTranslation();
  const sessions = useQuery(sessionsDevicesOptions());
  const everywhere = useSignOut('/sign-in', { everywhere: true });
  return (
    <Panel
      title={t('sessions.title')}
      description={t('sessions.description')}
      actions={
        <ConfirmButton
          label={t('sessions.everywhere')}
          title={t('sessions.everywhere')}
          message={t('sessions.everywhereText')}
          confirm={t('sessions.everywhereConfirm')}
          danger
          onConfirm={() => everywhere.mutateAsync()}
        />
      }
    >
      <Loaded query={sessions}>
        {(found) => (
          <ul className={classes.list}>
            {found.map((session) => (
              <Session key={session.id} session={session} />
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function Session({ session }: { session: SessionsSessionsDevice }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const browser = browserOf(session.device);
  const name =
    browser === null ? (session.device ?? t('sessions.unknown')) : t('sessions.browser', { ...browser });
  const Picture =
    session.client === 'api' ? IconTerminal2 : browser?.phone ? IconDeviceMobile : IconDeviceDesktop;
  const end = async () => {
    await sessionsEndSession({ path: { session_id: session.id } });
    await client.invalidateQueries({ queryKey: sessionsDevicesQueryKey() });
  };
  return (
    <li className={classes.session}>
      <Picture size={24} stroke={1.5} aria-hidden="true" className={classes.picture} />
      <Stack gap={2} className={classes.words}>
        <Group gap="xs">
          <Text fw={600} className={classes.name}>
            {name}
          </Text>
          {session.current && <StatusBadge tone="good">{t('sessions.this')}</StatusBadge>}
        </Group>
        <Text size="sm" c="dimmed">
          {t('sessions.since')} <Ago at={session.created_at} />
        </Text>
      </Stack>
      {!session.current && (
        <ConfirmButton
          size="xs"
          label={t('sessions.end')}
          aria-label={t('sessions.endOf', { name })}
          title={t('sessions.endTitle')}
          message={t('sessions.endText', { name })}
          confirm={t('sessions.end')}
          onConfirm={end}
        />
      )}
    </li>
  );
}
