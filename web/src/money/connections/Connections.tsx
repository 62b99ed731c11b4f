import { Button, Skeleton, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { paymentsListConnectionsOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { ConnectDialog } from './ConnectDialog';
import { ConnectionTile } from './ConnectionTile';

/** Through whom money is taken: the connected providers, their keys, and whether they work. Meets P63, P64. */
export function Connections() {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const [connecting, connect] = useDisclosure(false);
  const connections = useQuery(paymentsListConnectionsOptions({ headers }));
  const add = may('payments.manage') && (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={connect.open}>
      {t('connections.add')}
    </Button>
  );
  return (
    <Page title={t('connections.title')} description={t('connections.description')} actions={add}>
      <Loaded
        query={connections}
        skeleton={<Skeleton height={220} radius="lg" />}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty
            icon={<IconPlugConnected size={40} stroke={1.4} aria-hidden="true" />}
            title={t('connections.none')}
            action={add}
          >
            {t('connections.noneText')}
          </Empty>
        }
      >
        {({ items }) => (
          <Stack>
            {items.map((connection) => (
              <ConnectionTile key={connection.id} connection={connection} />
            ))}
          </Stack>
        )}
      </Loaded>
      <ConnectDialog opened={connecting} onClose={connect.close} />
    </Page>
  );
}
