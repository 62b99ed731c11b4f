import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFlask, IconKey, IconRosetteDiscountCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { Ago } from '../../ui/Ago';
import { Copyable } from '../../ui/Copyable';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { Fact, Facts } from '../parts/Facts';
import classes from '../parts/parts.module.css';
import type { Connection } from '../types';
import { useChangeConnection, useCheckConnection } from './commands';
import { KeysDialog } from './KeysDialog';
import { PROVIDERS } from './providers';

/** One connected provider: who we are there, whether it works, and the address that it reports to. */
export function ConnectionTile({ connection }: { connection: Connection }) {
  const { t } = useTranslation('money');
  const { t: own } = useTranslation('payouts');
  const { tenant, slug, timezone, may } = useBusiness();
  const [changing, change] = useDisclosure(false);
  const check = useCheckConnection();
  const alter = useChangeConnection();
  const manages = may('payments.manage');
  const { sandbox } = PROVIDERS[connection.provider];
  const webhook = `${window.location.origin}/api/webhooks/${connection.provider}/${tenant}`;
  return (
    <Panel
      title={connection.name}
      description={
        <span className={classes.under}>
          <StatusBadge tone={connection.mode === 'live' ? 'good' : 'warn'}>
            {t(connection.mode === 'live' ? 'mode.live' : 'mode.test')}
          </StatusBadge>
          {connection.is_default && <StatusBadge tone="info">{t('connection.default')}</StatusBadge>}
          {!connection.active && <StatusBadge tone="neutral">{t('connection.off')}</StatusBadge>}
        </span>
      }
      actions={
        manages && (
          <>
            <Button
              size="xs"
              variant="default"
              loading={check.isPending}
              leftSection={<IconRosetteDiscountCheck size={16} aria-hidden="true" />}
              onClick={() => check.mutate(connection.id)}
            >
              {t('connection.check')}
            </Button>
            {sandbox && (
              <LinkButton
                to="/console/$slug/money/sandbox"
                params={{ slug }}
                size="xs"
                variant="default"
                leftSection={<IconFlask size={16} aria-hidden="true" />}
              >
                {own('sandbox')}
              </LinkButton>
            )}
            {!sandbox && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconKey size={16} aria-hidden="true" />}
                onClick={change.open}
              >
                {t('connection.keys')}
              </Button>
            )}
          </>
        )
      }
    >
      <Stack gap="md">
        <FormError problem={check.error ?? alter.error} />
        <Facts>
          <Fact label={t('connection.provider')}>{PROVIDERS[connection.provider].name}</Fact>
          <Fact label={t('connection.account')}>{connection.account ?? t('connection.accountUnknown')}</Fact>
          <Fact label={t('connection.checked')}>
            {connection.checked_at === null ? (
              t('connection.never')
            ) : (
              <Ago at={connection.checked_at} timezone={timezone} />
            )}
          </Fact>
        </Facts>
        {!sandbox && (
          <div>
            <Text size="sm" fw={600}>
              {t('connection.webhook')}
            </Text>
            <Text size="sm" c="dimmed" mb={4}>
              {t('connection.webhookText', { provider: PROVIDERS[connection.provider].name })}
            </Text>
            <Copyable value={webhook} label={t('connection.webhook')} />
          </div>
        )}
        {manages && (
          <Group gap="lg">
            <Switch
              label={t('connection.active')}
              checked={connection.active}
              disabled={alter.isPending}
              onChange={(event) => alter.mutate({ id: connection.id, active: event.currentTarget.checked })}
            />
            {!connection.is_default && connection.active && (
              <Button
                size="xs"
                variant="subtle"
                loading={alter.isPending}
                onClick={() => alter.mutate({ id: connection.id, is_default: true })}
              >
                {t('connection.makeDefault')}
              </Button>
            )}
          </Group>
        )}
      </Stack>
      <KeysDialog connection={connection} opened={changing} onClose={change.close} />
    </Panel>
  );
}
