import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCashBanknote, IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { paymentsListPaymentsInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Ago } from '../../ui/Ago';
import type { Column } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { Money } from '../../ui/Money';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { PAYMENT_STATES, paymentFilter, REACHES } from '../address';
import { PaymentBadge } from '../parts/badges';
import { Choice, Filters, SearchField } from '../parts/Filters';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { usePaymentTitle } from '../parts/paymentTitle';
import type { PaymentItem } from '../types';
import { AskDialog } from './AskDialog';
import { SummaryTiles } from './SummaryTiles';
import { useMethodName } from './words';

const route = getRouteApi('/console/$slug/money/payments');
const PAGE = 50;
const DAY_MS = 86_400_000;

/** Every payment of the business: what was taken, what is under way, and what went wrong. */
export function Payments() {
  const { t } = useTranslation('money');
  const business = useBusiness();
  const { headers, slug, may } = business;
  const filter = route.useSearch();
  const { search, status, within, customer } = filter;
  const navigate = useNavigate();
  const [asking, ask] = useDisclosure(false);
  // The moment belongs to the question, which must not be another one at every drawing.
  const since = useMemo(
    () => (within === undefined ? undefined : new Date(Date.now() - within * DAY_MS).toISOString()),
    [within],
  );
  const question = {
    headers,
    query: {
      limit: PAGE,
      ...(search === undefined ? {} : { search }),
      ...(status === undefined ? {} : { status }),
      ...(since === undefined ? {} : { since }),
      ...(customer === undefined ? {} : { customer }),
    },
  };
  const payments = useInfiniteQuery({
    ...paymentsListPaymentsInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
    placeholderData: keepPreviousData,
  });
  const show = (changed: Record<string, unknown>) =>
    void navigate({
      to: '/console/$slug/money/payments',
      params: { slug },
      search: paymentFilter({ ...filter, ...changed }),
      replace: true,
    });
  const narrowed = [search, status, within, customer].some((part) => part !== undefined);
  const columns = useColumns();
  const askButton = may('payments.take') && (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={ask.open}>
      {t('payments.ask')}
    </Button>
  );
  return (
    <Page title={t('payments.title')} description={t('payments.description')} actions={askButton}>
      <SummaryTiles onUnknown={() => show({ status: 'unknown', within: undefined, search: undefined })} />
      <Panel flush>
        <Filters>
          <SearchField
            label={t('payments.search')}
            value={search ?? ''}
            onChange={(text) => show({ search: text || undefined })}
          />
          <Choice
            label={t('payments.status')}
            all={t('payments.anyStatus')}
            options={PAYMENT_STATES.map((value) => ({ value, label: t(`payment.state.${value}`) }))}
            value={status}
            onChange={(chosen) => show({ status: chosen })}
          />
          <Choice
            label={t('payments.when')}
            all={t('payments.anyTime')}
            options={REACHES.map((days) => ({
              value: String(days),
              label: days === 1 ? t('payments.lastDay') : t('payments.lastDays', { count: days }),
            }))}
            value={within === undefined ? undefined : String(within)}
            onChange={(chosen) => show({ within: chosen })}
          />
        </Filters>
        <List
          query={payments}
          columns={columns}
          rowKey={({ id }) => id}
          rowHref={({ id }) => `/console/${slug}/money/payments/${id}`}
          caption={t('payments.title')}
          mobile={(payment) => <PaymentCard payment={payment} />}
          onClear={
            narrowed
              ? () => show({ search: undefined, status: undefined, within: undefined, customer: undefined })
              : undefined
          }
          empty={
            <Empty
              icon={<IconCashBanknote size={36} stroke={1.5} aria-hidden="true" />}
              title={t('payments.none')}
              action={askButton}
            >
              {t('payments.noneText')}
            </Empty>
          }
        />
      </Panel>
      <AskDialog opened={asking} onClose={ask.close} />
    </Page>
  );
}

function useColumns(): Column<PaymentItem>[] {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const methodName = useMethodName();
  const title = usePaymentTitle();
  return [
    {
      key: 'what',
      header: t('payments.column.what'),
      cell: (payment) => <span className={classes.strong}>{title(payment)}</span>,
    },
    { key: 'who', header: t('payments.column.who'), cell: ({ customer_name }) => customer_name },
    { key: 'how', header: t('payments.column.how'), cell: (payment) => methodName(payment) ?? '–' },
    { key: 'status', header: t('payments.status'), cell: ({ shown }) => <PaymentBadge shown={shown} /> },
    {
      key: 'when',
      header: t('payments.when'),
      cell: ({ created_at }) => <Ago at={created_at} timezone={timezone} />,
    },
    { key: 'amount', header: t('amount'), align: 'right', cell: ({ amount }) => <Money value={amount} /> },
  ];
}

function PaymentCard({ payment }: { payment: PaymentItem }) {
  const { timezone } = useBusiness();
  const title = usePaymentTitle();
  return (
    <span className={classes.card}>
      <span className={classes.strong}>{title(payment)}</span>
      <span className={classes.strong}>
        <Money value={payment.amount} />
      </span>
      <Text component="span" className={classes.faint}>
        {payment.customer_name} · <Ago at={payment.created_at} timezone={timezone} />
      </Text>
      <PaymentBadge shown={payment.shown} />
    </span>
  );
}
