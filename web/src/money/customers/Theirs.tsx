import { Skeleton, Text } from '@mantine/core';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import {
  billingListInvoicesOptions,
  billingListSubscriptionsOptions,
  paymentsListPaymentsOptions,
} from '../../api/@tanstack/react-query.gen';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Money } from '../../ui/Money';
import { Panel } from '../../ui/Panel';
import { InvoiceBadge, PaymentBadge, SubscriptionBadge } from '../parts/badges';
import classes from '../parts/parts.module.css';
import { usePaymentTitle } from '../parts/paymentTitle';

const LATEST = 8;

interface LatestProps<Item> {
  title: string;
  none: string;
  query: UseQueryResult<{ items: Item[] }, unknown>;
  row: (item: Item) => ReactNode;
}

/** The latest of what a customer has. */
function Latest<Item extends { id: string }>({ title, none, query, row }: LatestProps<Item>) {
  return (
    <Panel title={title}>
      <Loaded query={query} skeleton={<Skeleton height={80} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {none}
            </Text>
          ) : (
            <ul className={classes.rows}>
              {items.map((item) => (
                <li key={item.id} className={classes.row}>
                  {row(item)}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

export function TheirInvoices({ customer }: { customer: string }) {
  const { t } = useTranslation('money');
  const { headers, slug } = useBusiness();
  const { day } = useFormats();
  const query = useQuery(billingListInvoicesOptions({ headers, query: { customer, limit: LATEST } }));
  return (
    <Latest
      title={t('invoices.title')}
      none={t('customer.noInvoices')}
      query={query}
      row={(invoice) => (
        <>
          <div className={classes.rowText}>
            <LinkText
              to="/console/$slug/money/invoices/$invoiceId"
              params={{ slug, invoiceId: invoice.id }}
              fw={600}
            >
              {invoice.number}
            </LinkText>
            <div className={classes.faint}>
              <Money value={invoice.total} /> · {t('invoices.dueBy', { day: day(invoice.due_on) })}
            </div>
          </div>
          <InvoiceBadge invoice={invoice} />
        </>
      )}
    />
  );
}

export function TheirSubscriptions({ customer }: { customer: string }) {
  const { t } = useTranslation('money');
  const { headers, slug } = useBusiness();
  const { day } = useFormats();
  const query = useQuery(billingListSubscriptionsOptions({ headers, query: { customer, limit: LATEST } }));
  return (
    <Latest
      title={t('subscriptions.title')}
      none={t('customer.noSubscriptions')}
      query={query}
      row={(one) => (
        <>
          <div className={classes.rowText}>
            <LinkText
              to="/console/$slug/money/subscriptions/$subscriptionId"
              params={{ slug, subscriptionId: one.id }}
              fw={600}
            >
              {one.plan_name}
            </LinkText>
            <div className={classes.faint}>
              {t('subscription.since')} {day(one.started_on)}
            </div>
          </div>
          <SubscriptionBadge status={one.status} />
        </>
      )}
    />
  );
}

export function TheirPayments({ customer }: { customer: string }) {
  const { t } = useTranslation('money');
  const { headers, slug, timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  const title = usePaymentTitle();
  const query = useQuery(paymentsListPaymentsOptions({ headers, query: { customer, limit: LATEST } }));
  return (
    <Latest
      title={t('payments.title')}
      none={t('customer.noPayments')}
      query={query}
      row={(payment) => (
        <>
          <div className={classes.rowText}>
            <LinkText
              to="/console/$slug/money/payments/$paymentId"
              params={{ slug, paymentId: payment.id }}
              fw={600}
            >
              {title(payment)}
            </LinkText>
            <div className={classes.faint}>
              <Money value={payment.amount} /> · {moment(payment.created_at)}
            </div>
          </div>
          <PaymentBadge shown={payment.shown} />
        </>
      )}
    />
  );
}
