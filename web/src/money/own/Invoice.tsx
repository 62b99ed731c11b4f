import { Button, Stack, Text } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { Lines } from '../pay/Lines';
import { pauseBefore } from '../pay/standing';
import { Told } from '../pay/Told';
import {
  type InvoiceDetail,
  type InvoiceLine,
  type Invoice as InvoiceRow,
  invoiceOptions,
  type Party,
} from './api';
import { Back } from './Back';
import { lastDay } from './days';
import classes from './Invoice.module.css';
import { doubtful, invoiceStanding, TONES } from './invoiceStanding';
import { PayInvoice } from './PayInvoice';
import { PaymentList } from './Payments';
import { useAccount } from './useAccount';
import { useSums } from './useSums';
import { Why } from './Why';

const route = getRouteApi('/home/money/$tenantId/invoices/$invoiceId');
/** How often is asked after somebody came back from the provider's page, until they may try again. */
const PATIENCE = 3;

/** One invoice: what it is made of and why, what is to be paid, and what was. */
export function Invoice() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const { invoiceId } = route.useParams();
  const { returned = false } = route.useSearch();
  const tries = useRef(0);
  const query = useQuery({
    ...invoiceOptions(tenant, invoiceId),
    refetchInterval: ({ state }) => {
      const { data } = state;
      if (data === undefined || data.invoice.status !== 'open') return false;
      const doubt = doubtful(data.payments) !== undefined;
      if (!doubt && !(returned && tries.current < PATIENCE)) return false;
      tries.current += 1;
      return pauseBefore(tries.current);
    },
  });
  const asking = (detail: InvoiceDetail) =>
    detail.invoice.status === 'open' &&
    (doubtful(detail.payments) !== undefined || (returned && tries.current < PATIENCE));
  const number = query.data?.invoice.number;
  return (
    <Page
      title={number === undefined ? t('invoice.one') : t('invoice.title', { number })}
      width="text"
      back={<Back to="invoices" />}
      actions={
        <Button
          variant="default"
          leftSection={<IconPrinter size={18} stroke={1.6} aria-hidden="true" />}
          onClick={() => window.print()}
        >
          {t('invoice.print')}
        </Button>
      }
    >
      <Loaded query={query}>{(detail) => <Detail detail={detail} asking={asking(detail)} />}</Loaded>
    </Page>
  );
}

interface DetailProps {
  detail: InvoiceDetail;
  asking: boolean;
}

function Detail({ detail, asking }: DetailProps) {
  const { t } = useTranslation('own');
  const { t: pay } = useTranslation('pay');
  const { invoice, lines, payments, credit_notes } = detail;
  const standing = asking ? 'asking' : invoiceStanding(invoice, payments);
  const line = useLine();
  const sums = useSums();
  return (
    <Stack gap="lg">
      <div role="status">
        {asking ? (
          <Told tone="info" title={pay('asking.title')} waiting>
            {pay('asking.text')}
          </Told>
        ) : (
          invoice.status === 'open' && <Due invoice={invoice} detail={detail} />
        )}
      </div>
      <Panel
        title={t('invoice.made')}
        actions={<StatusBadge tone={TONES[standing]}>{t(`invoice.${standing}`)}</StatusBadge>}
      >
        <Stack gap="lg">
          <Parties invoice={invoice} />
          <Lines caption={t('invoice.made')} lines={lines.map(line)} sums={sums(invoice)} />
          {invoice.memo && <Text size="sm">{invoice.memo}</Text>}
          {invoice.reason && (
            <Text size="sm" c="dimmed">
              {invoice.reason}
            </Text>
          )}
        </Stack>
      </Panel>
      {credit_notes.length > 0 && (
        <Panel title={t('invoice.credits')}>
          <Lines
            caption={t('invoice.credits')}
            lines={credit_notes.map((note) => ({
              key: note.id,
              description: [t('invoice.creditNote', { number: note.number }), note.reason]
                .filter(Boolean)
                .join(' · '),
              amount: note.total,
            }))}
            sums={[]}
          />
        </Panel>
      )}
      {payments.length > 0 && (
        <Panel title={t('tabs.payments')} flush>
          <PaymentList payments={payments} />
        </Panel>
      )}
    </Stack>
  );
}

/** A line of an invoice, with the days that it is for and why it costs what it does. */
function useLine() {
  const { t } = useTranslation('own');
  const { shortDay } = useFormats();
  return (line: InvoiceLine) => ({
    key: line.id,
    description: line.description,
    quantity: line.quantity,
    amount: line.amount,
    more: (
      <>
        {line.period_from !== null && line.period_to !== null && (
          <span className={classes.period}>
            {t('invoice.period', { from: shortDay(line.period_from), to: shortDay(lastDay(line.period_to)) })}
          </span>
        )}
        <Why of={line.derivations} label={line.description} />
      </>
    ),
  });
}

/** What is still to be paid, and how. */
function Due({ invoice, detail }: { invoice: InvoiceRow; detail: InvoiceDetail }) {
  const { t } = useTranslation('own');
  const { t: pay } = useTranslation('pay');
  const { money, day } = useFormats();
  const last = detail.payments.at(-1);
  return (
    <section className={classes.due} aria-label={t('invoice.toPay')} data-screen-only>
      {last?.status === 'failed' && (
        <Told tone="bad" title={pay('declined.title')}>
          {last.decline_message !== null && <p>{pay('declined.reason', { reason: last.decline_message })}</p>}
          <p>{pay('declined.text')}</p>
        </Told>
      )}
      {last?.status === 'requires_action' && (
        <Told tone="warn" title={pay('confirm.title')}>
          {pay('confirm.text')}
        </Told>
      )}
      <div>
        <Text c={invoice.overdue ? 'red' : 'dimmed'} size="sm">
          {invoice.overdue
            ? t('invoice.wasDue', { day: day(invoice.due_on) })
            : t('invoice.due', { day: day(invoice.due_on) })}
        </Text>
        <p className={classes.amount}>{money(invoice.due)}</p>
      </div>
      <PayInvoice invoice={invoice} />
    </section>
  );
}

function Parties({ invoice }: { invoice: InvoiceRow }) {
  const { t } = useTranslation('own');
  const { day } = useFormats();
  return (
    <dl className={classes.parties}>
      <PartyFacts label={t('invoice.from')} party={invoice.seller} />
      <PartyFacts label={t('invoice.to')} party={invoice.buyer} />
      <div>
        <dt>{t('invoice.issuedOn')}</dt>
        <dd>{day(invoice.issued_on)}</dd>
      </div>
      <div>
        <dt>{t('invoice.dueOn')}</dt>
        <dd>{day(invoice.due_on)}</dd>
      </div>
    </dl>
  );
}

function PartyFacts({ label, party }: { label: string; party: Party }) {
  return (
    <div>
      <dt>{label}</dt>
      {[party.name, party.address, party.tax_id, party.email].filter(Boolean).map((fact) => (
        <dd key={fact}>{fact}</dd>
      ))}
    </div>
  );
}
