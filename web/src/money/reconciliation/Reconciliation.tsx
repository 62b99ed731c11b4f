import { Button, Menu } from '@mantine/core';
import { IconArrowsExchange } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paymentsCreateReconciliation } from '../../api';
import {
  paymentsListConnectionsOptions,
  paymentsListReconciliationsInfiniteOptions,
} from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { Ago } from '../../ui/Ago';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { forget } from '../parts/forget';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { RunDetail } from './RunDetail';
import type { Run } from './types';
import { stateOf, TONES } from './words';

const route = getRouteApi('/console/$slug/money/reconciliation');
const PAGE = 25;

/** Our records, the books and the provider's list beside each other: what agreed, what was repaired, what waits. */
export function Reconciliation() {
  const { t } = useTranslation('money');
  const { headers, slug, may, timezone } = useBusiness();
  const { count } = useFormats();
  const { run: chosen } = route.useSearch();
  const navigate = useNavigate();
  const client = useQueryClient();
  const connections = useQuery(paymentsListConnectionsOptions({ headers }));
  const question = { headers, query: { limit: PAGE } };
  const runs = useInfiniteQuery({
    ...paymentsListReconciliationsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
  });
  const start = useCommand({
    send: (connection_id: string, attempt) =>
      paymentsCreateReconciliation({ headers: { ...headers, ...attempt.headers }, body: { connection_id } }),
    onSuccess: async ({ id }) => {
      await forget(client, ['paymentsListReconciliations']);
      void navigate({ to: '/console/$slug/money/reconciliation', params: { slug }, search: { run: id } });
    },
  });
  const active = (connections.data?.items ?? []).filter((connection) => connection.active);
  const nameOf = (id: string) => connections.data?.items.find((one) => one.id === id)?.name ?? '–';
  const state = ({ status }: Run) => (
    <StatusBadge tone={TONES[stateOf(status)]}>{t(`run.state.${stateOf(status)}`)}</StatusBadge>
  );
  const button = (onClick?: () => void) => (
    <Button
      leftSection={<IconArrowsExchange size={18} aria-hidden="true" />}
      loading={start.isPending}
      onClick={onClick}
    >
      {t('runs.compare')}
    </Button>
  );
  const now =
    may('payments.reconcile') &&
    active.length > 0 &&
    (active.length === 1 ? (
      button(() => start.mutate(active[0]?.id ?? ''))
    ) : (
      <Menu position="bottom-end">
        <Menu.Target>{button()}</Menu.Target>
        <Menu.Dropdown>
          {active.map(({ id, name }) => (
            <Menu.Item key={id} onClick={() => start.mutate(id)}>
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    ));
  return (
    <Page title={t('runs.title')} description={t('runs.description')} actions={now}>
      <FormError problem={start.error} />
      {chosen !== undefined && (
        <RunDetail
          id={chosen}
          onClose={() =>
            void navigate({ to: '/console/$slug/money/reconciliation', params: { slug }, search: {} })
          }
        />
      )}
      <Panel flush title={t('runs.list')}>
        <List
          query={runs}
          columns={[
            {
              key: 'connection',
              header: t('connection.provider'),
              cell: ({ connection_id }) => <span className={classes.strong}>{nameOf(connection_id)}</span>,
            },
            {
              key: 'when',
              header: t('payments.when'),
              cell: ({ created_at }) => <Ago at={created_at} timezone={timezone} />,
            },
            { key: 'status', header: t('payments.status'), cell: state },
            {
              key: 'compared',
              header: t('run.compared'),
              align: 'right',
              cell: ({ compared }) => count(compared),
            },
            {
              key: 'repaired',
              header: t('run.repaired'),
              align: 'right',
              cell: ({ repaired }) => count(repaired),
            },
            {
              key: 'standing',
              header: t('run.standing'),
              align: 'right',
              cell: ({ standing }) => count(standing),
            },
          ]}
          rowKey={({ id }) => id}
          rowHref={({ id }) => `/console/${slug}/money/reconciliation?run=${id}`}
          caption={t('runs.list')}
          mobile={(run) => (
            <span className={classes.card}>
              <span className={classes.strong}>{nameOf(run.connection_id)}</span>
              {state(run)}
              <span className={classes.faint}>
                <Ago at={run.created_at} timezone={timezone} />
              </span>
              <span className={classes.faint}>
                {t('run.counts', { compared: count(run.compared), standing: count(run.standing) })}
              </span>
            </span>
          )}
          empty={
            <Empty
              icon={<IconArrowsExchange size={36} stroke={1.5} aria-hidden="true" />}
              title={t('runs.none')}
              action={now}
            >
              {t('runs.noneText')}
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
