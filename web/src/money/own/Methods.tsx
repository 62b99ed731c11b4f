import { Button, Group, Stack, Text } from '@mantine/core';
import { IconCreditCard, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../api';
import { client as http } from '../../api/client.gen';
import { useCommand } from '../../queries';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useNotice } from '../../ui/useNotice';
import { useMethodName } from '../pay/methodName';
import { at, type Method, methodsOptions, ownKey, send } from './api';
import { expiryOf } from './expiry';
import classes from './rows.module.css';
import { useAccount } from './useAccount';

const route = getRouteApi('/home/money/$tenantId/methods');

/** The ways to pay that a person has saved at a business. */
export function Methods() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant, business } = useAccount();
  const { returned = false } = route.useSearch();
  const query = useQuery(methodsOptions(tenant, returned));
  const open = useCommand({
    send: (_: undefined, { headers }) =>
      send<{ url: string }>(at(tenant, 'methods/setup'), headers, {
        return_url: `${location.origin}/home/money/${tenant}/methods?returned=true`,
      }),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const add = (
    <Button
      leftSection={<IconPlus size={18} aria-hidden="true" />}
      loading={open.isPending || open.isSuccess}
      onClick={() => open.mutate(undefined)}
    >
      {t('methods.add')}
    </Button>
  );
  return (
    <Page title={t('tabs.methods')} description={t('methods.text', { business })} width="text">
      <FormError problem={open.error} />
      <Loaded
        query={query}
        isEmpty={(methods) => methods.length === 0}
        empty={
          <Empty
            icon={<IconCreditCard size={44} stroke={1.3} aria-hidden="true" />}
            title={t('methods.empty')}
            action={add}
          >
            {t('methods.emptyText')}
          </Empty>
        }
      >
        {(methods) => (
          <Stack gap="md" align="flex-start">
            <div style={{ width: '100%' }}>
              <Panel flush>
                <ul className={classes.rows} aria-label={t('tabs.methods')}>
                  {methods.map((method) => (
                    <li key={method.id}>
                      <Row method={method} others={methods.filter(({ id }) => id !== method.id)} />
                    </li>
                  ))}
                </ul>
              </Panel>
            </div>
            {add}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

/** One way to pay, and what can be done with it. */
function Row({ method, others }: { method: Method; others: readonly Method[] }) {
  const { t } = useTranslation('own');
  const say = useMethodName();
  const name = say(method);
  const { tenant_id: tenant, active_subscriptions } = useAccount();
  const client = useQueryClient();
  const notice = useNotice();
  const refetch = () => client.invalidateQueries({ queryKey: ownKey(tenant) });
  const choose = useCommand({
    send: (_: undefined, { headers }) => send<Method>(at(tenant, `methods/${method.id}/default`), headers),
    onSuccess: () => notice(t('methods.isDefault', { name })),
    onSettled: refetch,
  });
  const remove = useCommand({
    send: async () => {
      await http.delete<{ 204: undefined }, Problem, true>({ url: at(tenant, `methods/${method.id}`) });
      return { data: null };
    },
    onSuccess: () => notice(t('methods.removed', { name })),
    onSettled: refetch,
  });
  const consequence = useConsequence();
  return (
    <div className={classes.row}>
      <IconCreditCard size={24} stroke={1.5} aria-hidden="true" />
      <span className={classes.what}>
        <Text component="span" display="block" fw={600}>
          {name} {method.is_default && <StatusBadge tone="good">{t('methods.default')}</StatusBadge>}
        </Text>
        <Expiry expires={method.expires} />
        <FormError problem={choose.error} />
        <Group gap="xs" mt="xs">
          {!method.is_default && (
            <Button
              size="xs"
              variant="default"
              loading={choose.isPending}
              aria-label={`${t('methods.makeDefault')}: ${name}`}
              onClick={() => choose.mutate(undefined)}
            >
              {t('methods.makeDefault')}
            </Button>
          )}
          <ConfirmButton
            size="xs"
            danger
            label={t('methods.remove')}
            aria-label={t('methods.removeOf', { name })}
            title={t('methods.removeOf', { name })}
            message={consequence(method, others, active_subscriptions)}
            confirm={t('methods.removeIt')}
            onConfirm={() => remove.mutateAsync(undefined)}
          />
        </Group>
      </span>
    </div>
  );
}

/** What follows when a way to pay is gone. */
function useConsequence() {
  const { t } = useTranslation('own');
  const say = useMethodName();
  return (method: Method, others: readonly Method[], subscriptions: number): string => {
    if (!method.is_default) return t('methods.unused');
    const next = others.at(-1);
    if (next !== undefined) return t('methods.nextOne', { name: say(next) });
    return subscriptions > 0
      ? t('methods.lastWithSubscriptions', { count: subscriptions })
      : t('methods.last');
  };
}

/** Until when a card is good, and a warning in time. */
function Expiry({ expires }: { expires: string | null }) {
  const { t } = useTranslation('own');
  const { month } = useFormats();
  const expiry = expiryOf(expires, new Date());
  if (expiry === null) return null;
  const day = month(expiry.on);
  return (
    <Text component="span" display="block" size="sm" c={expiry.state === 'good' ? 'dimmed' : 'red'}>
      {expiry.state === 'over' ? t('methods.expired', { month: day }) : t('methods.expires', { month: day })}
    </Text>
  );
}
