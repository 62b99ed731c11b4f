import { Alert, Skeleton, Text } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { billingShowInvoiceOptions } from '../../api/@tanstack/react-query.gen';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Money } from '../../ui/Money';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import type { InvoiceDetail } from '../billing';
import { Back } from '../parts/Back';
import { InvoiceBadge, PaymentBadge } from '../parts/badges';
import { Fact, Facts } from '../parts/Facts';
import classes from '../parts/parts.module.css';
import { InvoiceActions } from './InvoiceActions';
import { InvoiceLink } from './InvoiceLink';
import { InvoiceSheet } from './InvoiceSheet';

const route = getRouteApi('/console/$slug/money/invoices/$invoiceId');

/** An invoice: its lines and why each amount is what it is, what was paid, and what can be done. */
export function Invoice() {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const { invoiceId } = route.useParams();
  const query = useQuery(billingShowInvoiceOptions({ headers, path: { invoice_id: invoiceId } }));
  const invoice = query.data?.invoice;
  return (
    <Page
      title={invoice === undefined ? t('invoice.title') : t('invoice.numbered', { number: invoice.number })}
      description={
        invoice !== undefined && (
          <span className={classes.under}>
            <span className={classes.amount}>
              <Money value={invoice.total} />
            </span>
            <InvoiceBadge invoice={invoice} />
          </span>
        )
      }
      back={<Back to="invoices">{t('invoices.title')}</Back>}
      actions={query.data !== undefined && <InvoiceActions detail={query.data} />}
    >
      <Loaded query={query} skeleton={<Skeleton height={420} radius="lg" />}>
        {(detail) => (
          <>
            <DunningNotice detail={detail} />
            <div className={classes.columns}>
              <InvoiceSheet detail={detail} />
              <div className={classes.beside}>
                <About detail={detail} />
                {detail.invoice.status === 'open' && may('billing.manage') && (
                  <InvoiceLink invoice={detail.invoice} />
                )}
                {detail.payments.length > 0 && <Paid detail={detail} />}
                {detail.credit_notes.length > 0 && <Credited detail={detail} />}
              </div>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** That reminders are under way, and when the next try comes. */
function DunningNotice({ detail: { dunning } }: { detail: InvoiceDetail }) {
  const { t } = useTranslation('money');
  const { day } = useFormats();
  if (!dunning || dunning.case.ended_at !== null) return null;
  return (
    <Alert variant="light" color="yellow" icon={<IconBell aria-hidden="true" />} title={t('invoice.dunning')}>
      <Text size="sm">
        {dunning.case.next_at !== null
          ? t('invoice.dunningNext', { day: day(dunning.case.next_at) })
          : t('invoice.dunningText')}
      </Text>
    </Alert>
  );
}

function About({ detail: { invoice } }: { detail: InvoiceDetail }) {
  const { t } = useTranslation('money');
  const { slug, timezone } = useBusiness();
  const { day, moment } = useFormats({ timezone });
  return (
    <Panel title={t('invoice.about')}>
      <Facts>
        <Fact label={t('payments.column.who')}>
          <LinkText
            to="/console/$slug/money/customers/$customerId"
            params={{ slug, customerId: invoice.customer_id }}
          >
            {invoice.buyer.name}
          </LinkText>
        </Fact>
        <Fact label={t('invoices.issued')}>{day(invoice.issued_on)}</Fact>
        <Fact label={t('invoices.dueOn')}>{day(invoice.due_on)}</Fact>
        {invoice.paid_at !== null && <Fact label={t('payment.taken_at')}>{moment(invoice.paid_at)}</Fact>}
        {invoice.subscription_id !== null && (
          <Fact label={t('invoice.for')}>
            <LinkText
              to="/console/$slug/money/subscriptions/$subscriptionId"
              params={{ slug, subscriptionId: invoice.subscription_id }}
            >
              {t('invoice.aSubscription')}
            </LinkText>
          </Fact>
        )}
        {invoice.reason !== null && <Fact label={t('invoice.reason')}>{invoice.reason}</Fact>}
        {invoice.memo !== null && <Fact label={t('bill.memo')}>{invoice.memo}</Fact>}
      </Facts>
    </Panel>
  );
}

function Paid({ detail: { payments } }: { detail: InvoiceDetail }) {
  const { t } = useTranslation('money');
  const { slug, timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  return (
    <Panel title={t('payments.title')}>
      <ul className={classes.rows}>
        {payments.map((payment) => (
          <li key={payment.id} className={classes.row}>
            <div className={classes.rowText}>
              <LinkText
                to="/console/$slug/money/payments/$paymentId"
                params={{ slug, paymentId: payment.id }}
                fw={600}
              >
                <Money value={payment.amount} />
              </LinkText>
              <div className={classes.faint}>{moment(payment.created_at)}</div>
            </div>
            <PaymentBadge shown={payment.shown ?? payment.status} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Credited({ detail: { credit_notes } }: { detail: InvoiceDetail }) {
  const { t } = useTranslation('money');
  return (
    <Panel title={t('creditNotes.title')}>
      <ul className={classes.rows}>
        {credit_notes.map((note) => (
          <li key={note.id} className={classes.row}>
            <div className={classes.rowText}>
              <div className={classes.strong}>{note.number}</div>
              <div className={classes.faint}>{note.reason}</div>
            </div>
            <strong>
              <Money value={note.total} />
            </strong>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
