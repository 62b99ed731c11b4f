import { Switch } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paymentsListDisputesInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Ago } from '../../ui/Ago';
import { Empty } from '../../ui/Empty';
import { Money } from '../../ui/Money';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { disputeFilter } from '../address';
import { Filters } from '../parts/Filters';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { DisputeBadge, DueAt } from './standing';
import { useReason } from './words';

const route = getRouteApi('/console/$slug/money/disputes');
const PAGE = 50;

/** What payers complained of to their banks; those that wait for an answer come first by their date. */
export function Disputes() {
  const { t } = useTranslation('money');
  const { headers, slug, timezone } = useBusiness();
  const { all = false } = route.useSearch();
  const navigate = useNavigate();
  const reason = useReason();
  const question = { headers, query: { limit: PAGE, ...(all ? {} : { open: true }) } };
  const disputes = useInfiniteQuery({
    ...paymentsListDisputesInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t('disputes.title')} description={t('disputes.description')}>
      <Panel flush>
        <Filters>
          <Switch
            label={t('disputes.all')}
            checked={all}
            onChange={(event) =>
              void navigate({
                to: '/console/$slug/money/disputes',
                params: { slug },
                search: disputeFilter({ all: event.currentTarget.checked || undefined }),
                replace: true,
              })
            }
          />
        </Filters>
        <List
          query={disputes}
          columns={[
            {
              key: 'reason',
              header: t('disputes.reason'),
              cell: (dispute) => <span className={classes.strong}>{reason(dispute.reason)}</span>,
            },
            {
              key: 'status',
              header: t('payments.status'),
              cell: (dispute) => <DisputeBadge dispute={dispute} />,
            },
            { key: 'due', header: t('disputes.due'), cell: (dispute) => <DueAt dispute={dispute} /> },
            {
              key: 'opened',
              header: t('disputes.opened'),
              cell: ({ opened_at }) => <Ago at={opened_at} timezone={timezone} />,
            },
            {
              key: 'amount',
              header: t('amount'),
              align: 'right',
              cell: ({ amount }) => <Money value={amount} />,
            },
          ]}
          rowKey={({ id }) => id}
          rowHref={({ id }) => `/console/${slug}/money/disputes/${id}`}
          caption={t('disputes.title')}
          mobile={(dispute) => (
            <span className={classes.card}>
              <span className={classes.strong}>{reason(dispute.reason)}</span>
              <span className={classes.strong}>
                <Money value={dispute.amount} />
              </span>
              <span className={classes.faint}>
                <DueAt dispute={dispute} />
              </span>
              <DisputeBadge dispute={dispute} />
            </span>
          )}
          empty={
            <Empty
              icon={<IconShieldCheck size={36} stroke={1.5} aria-hidden="true" />}
              title={t(all ? 'disputes.none' : 'disputes.noneOpen')}
            >
              {t('disputes.noneText')}
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
