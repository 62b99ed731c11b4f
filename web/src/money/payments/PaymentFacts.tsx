import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { paymentsListConnectionsOptions } from '../../api/@tanstack/react-query.gen';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Money } from '../../ui/Money';
import { Panel } from '../../ui/Panel';
import { StatusBadge } from '../../ui/StatusBadge';
import { Fact, Facts } from '../parts/Facts';
import type { PaymentDetail } from '../types';
import { useMethodName } from './words';

/** What is known of a payment. */
export function PaymentFacts({ detail: { payment, customer } }: { detail: PaymentDetail }) {
  const { t } = useTranslation('money');
  const { headers, slug, timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  const methodName = useMethodName();
  const connections = useQuery(paymentsListConnectionsOptions({ headers }));
  const connection = connections.data?.items.find(({ id }) => id === payment.connection_id);
  return (
    <Panel title={t('payment.facts')}>
      <Facts>
        <Fact label={t('payments.column.who')}>
          <LinkText
            to="/console/$slug/money/customers/$customerId"
            params={{ slug, customerId: customer.id }}
          >
            {customer.name}
          </LinkText>
        </Fact>
        <Fact label={t('payments.column.how')}>{methodName(payment) ?? t('payment.notTried')}</Fact>
        <Fact label={t('payment.asked_at')}>{moment(payment.created_at)}</Fact>
        {payment.captured_at !== null && (
          <Fact label={t('payment.taken_at')}>{moment(payment.captured_at)}</Fact>
        )}
        {payment.refunded.minor > 0 && (
          <Fact label={t('payment.refunded')}>
            <Money value={payment.refunded} />
          </Fact>
        )}
        {payment.captured.minor > 0 && (
          <Fact label={t('payment.refundable')}>
            <Money value={payment.refundable} />
          </Fact>
        )}
        {connection !== undefined && (
          <Fact label={t('payment.provider')}>
            {connection.name}{' '}
            {connection.mode === 'test' && <StatusBadge tone="warn">{t('mode.test')}</StatusBadge>}
          </Fact>
        )}
        {payment.purpose === 'billing.invoice' && (
          <Fact label={t('payment.for')}>
            <LinkText
              to="/console/$slug/money/invoices/$invoiceId"
              params={{ slug, invoiceId: payment.purpose_id }}
            >
              {t('payment.anInvoice')}
            </LinkText>
          </Fact>
        )}
        {payment.provider_ref !== null && (
          <Fact label={t('payment.reference')}>
            <code>{payment.provider_ref}</code>
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}
