import { Button, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFileInvoice, IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { billingListInvoicesInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import type { Column } from '../../ui/DataTable';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Money } from '../../ui/Money';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { INVOICE_STATES, invoiceFilter } from '../address';
import type { InvoiceItem } from '../billing';
import { InvoiceBadge } from '../parts/badges';
import { Choice, Filters } from '../parts/Filters';
import { List, PAGING } from '../parts/List';
import { nameOn } from '../parts/names';
import classes from '../parts/parts.module.css';
import { BillDialog } from './BillDialog';

const route = getRouteApi('/console/$slug/money/invoices');
const PAGE = 50;

/** Every invoice: what is owed, what is late, and what was paid. Meets T18, T44. */
export function Invoices() {
  const { t } = useTranslation('money');
  const { headers, slug, may } = useBusiness();
  const filter = route.useSearch();
  const { status, overdue, customer } = filter;
  const navigate = useNavigate();
  const [billing, bill] = useDisclosure(false);
  const question = {
    headers,
    query: {
      limit: PAGE,
      ...(status === undefined ? {} : { status }),
      ...(overdue === undefined ? {} : { overdue }),
      ...(customer === undefined ? {} : { customer }),
    },
  };
  const invoices = useInfiniteQuery({
    ...billingListInvoicesInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
    placeholderData: keepPreviousData,
  });
  const show = (changed: Record<string, unknown>) =>
    void navigate({
      to: '/console/$slug/money/invoices',
      params: { slug },
      search: invoiceFilter({ ...filter, ...changed }),
      replace: true,
    });
  const columns = useColumns();
  const make = may('billing.manage') && (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={bill.open}>
      {t('invoices.make')}
    </Button>
  );
  const narrowed = status !== undefined || overdue !== undefined || customer !== undefined;
  return (
    <Page title={t('invoices.title')} description={t('invoices.description')} actions={make}>
      <Panel flush>
        <Filters>
          <Choice
            label={t('payments.status')}
            all={t('payments.anyStatus')}
            options={INVOICE_STATES.map((value) => ({
              value,
              label: t(`invoice.state.${value}`),
            }))}
            value={status}
            onChange={(chosen) => show({ status: chosen })}
          />
          <Switch
            label={t('invoices.onlyOverdue')}
            checked={overdue ?? false}
            onChange={(event) => show({ overdue: event.currentTarget.checked || undefined })}
          />
        </Filters>
        <List
          query={invoices}
          columns={columns}
          rowKey={({ id }) => id}
          rowHref={({ id }) => `/console/${slug}/money/invoices/${id}`}
          caption={t('invoices.title')}
          mobile={(invoice) => <InvoiceCard invoice={invoice} />}
          onClear={
            narrowed ? () => show({ status: undefined, overdue: undefined, customer: undefined }) : undefined
          }
          empty={
            <Empty
              icon={<IconFileInvoice size={36} stroke={1.5} aria-hidden="true" />}
              title={t('invoices.none')}
              action={make}
            >
              {t('invoices.noneText')}
            </Empty>
          }
        />
      </Panel>
      <BillDialog opened={billing} onClose={bill.close} />
    </Page>
  );
}

function useColumns(): Column<InvoiceItem>[] {
  const { t } = useTranslation('money');
  const { day } = useFormats();
  return [
    {
      key: 'number',
      header: t('invoices.number'),
      cell: ({ number }) => <span className={classes.strong}>{number}</span>,
    },
    { key: 'who', header: t('payments.column.who'), cell: (invoice) => nameOn(invoice) },
    { key: 'status', header: t('payments.status'), cell: (invoice) => <InvoiceBadge invoice={invoice} /> },
    { key: 'issued', header: t('invoices.issued'), cell: ({ issued_on }) => day(issued_on) },
    { key: 'due', header: t('invoices.dueOn'), cell: ({ due_on }) => day(due_on) },
    { key: 'open', header: t('invoices.owed'), align: 'right', cell: ({ due }) => <Money value={due} /> },
    {
      key: 'total',
      header: t('invoices.total'),
      align: 'right',
      cell: ({ total }) => <Money value={total} />,
    },
  ];
}

function InvoiceCard({ invoice }: { invoice: InvoiceItem }) {
  const { t } = useTranslation('money');
  const { day } = useFormats();
  return (
    <span className={classes.card}>
      <span className={classes.strong}>{invoice.number}</span>
      <span className={classes.strong}>
        <Money value={invoice.total} />
      </span>
      <span className={classes.faint}>
        {nameOn(invoice)} · {t('invoices.dueBy', { day: day(invoice.due_on) })}
      </span>
      <InvoiceBadge invoice={invoice} />
    </span>
  );
}
