import { Text } from '@mantine/core';
import { IconChevronRight, IconReceipt } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { useMethodName } from '../pay/methodName';
import { type Payment, paymentsOptions } from './api';
import { paymentStanding } from './invoiceStanding';
import { usePaymentTitle } from './paymentTitle';
import classes from './rows.module.css';
import { useAccount } from './useAccount';

/** What a person paid at a business, newest first, each with the way to its receipt. */
export function Payments() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const query = useInfiniteQuery(paymentsOptions(tenant));
  return (
    <Page title={t('tabs.payments')} width="text">
      <Loaded
        query={query}
        isEmpty={(data) => data.pages[0]?.items.length === 0}
        empty={
          <Empty icon={<IconReceipt size={44} stroke={1.3} aria-hidden="true" />} title={t('payments.empty')}>
            {t('payments.emptyText')}
          </Empty>
        }
      >
        {(data) => (
          <>
            <Panel flush>
              <PaymentList payments={data.pages.flatMap((page) => page.items)} />
            </Panel>
            <LoadMore query={query} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

export function PaymentList({ payments }: { payments: readonly Payment[] }) {
  const { t } = useTranslation('own');
  return (
    <ul className={classes.rows} aria-label={t('tabs.payments')}>
      {payments.map((payment) => (
        <li key={payment.id}>
          <Opener payment={payment}>
            <Row payment={payment} />
          </Opener>
        </li>
      ))}
    </ul>
  );
}

/** A payment leads to its receipt once there is one. */
function Opener({ payment, children }: { payment: Payment; children: ReactNode }) {
  const { tenant_id: tenantId } = useAccount();
  if (payment.captured_at === null) return <div className={classes.row}>{children}</div>;
  return (
    <Link
      to="/home/money/$tenantId/payments/$paymentId"
      params={{ tenantId, paymentId: payment.id }}
      className={classes.row}
    >
      {children}
      <IconChevronRight size={18} stroke={1.6} aria-hidden="true" />
    </Link>
  );
}

function Row({ payment }: { payment: Payment }) {
  const { t } = useTranslation('own');
  const { timezone } = useAccount();
  const { money, moment } = useFormats({ timezone });
  const method = useMethodName();
  const title = usePaymentTitle();
  const { word, tone } = paymentStanding(payment.shown);
  const { method_kind: kind, method_brand: brand, method_last4: last4 } = payment;
  return (
    <>
      <span className={classes.what}>
        <Text component="span" display="block" fw={600}>
          {title(payment)}
        </Text>
        <Text component="span" display="block" size="sm" c="dimmed">
          {moment(payment.captured_at ?? payment.created_at)}
          {(kind ?? brand) !== null && ` · ${method({ kind, brand, last4 })}`}
        </Text>
        {payment.shown === 'failed' && payment.decline_message !== null && (
          <Text component="span" display="block" size="sm">
            {payment.decline_message}
          </Text>
        )}
      </span>
      <span className={classes.figure}>
        <Text component="span" display="block" fw={600} data-figures>
          {money(payment.amount)}
        </Text>
        <StatusBadge tone={tone}>{t(`payment.${word}`)}</StatusBadge>
      </span>
    </>
  );
}
