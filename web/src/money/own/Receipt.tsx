import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { NotFound } from '../../shell/NotFound';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { ReceiptSlip } from '../pay/ReceiptSlip';
import { type Payment, paymentsOptions } from './api';
import { Back } from './Back';
import { usePaymentTitle } from './paymentTitle';
import { useAccount } from './useAccount';

const route = getRouteApi('/home/money/$tenantId/payments/$paymentId');

/** The receipt of one payment. */
export function Receipt() {
  const { t } = useTranslation('own');
  const { paymentId } = route.useParams();
  const { tenant_id: tenantId } = useAccount();
  const query = useInfiniteQuery(paymentsOptions(tenantId));
  const payment = query.data?.pages.flatMap((page) => page.items).find((one) => one.id === paymentId);
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query;
  const looking = payment === undefined && hasNextPage && !isError;
  // An old receipt is on a later page of the list.
  useEffect(() => {
    if (looking && !isFetchingNextPage) void fetchNextPage();
  }, [looking, isFetchingNextPage, fetchNextPage]);
  return (
    <Page title={t('receipt.title')} width="form" back={<Back to="payments" />}>
      <Loaded query={query}>
        {() => (payment === undefined ? looking ? null : <NotFound /> : <Slip payment={payment} />)}
      </Loaded>
    </Page>
  );
}

function Slip({ payment }: { payment: Payment }) {
  const account = useAccount();
  return (
    <ReceiptSlip
      business={{
        name: account.business,
        logo_url: account.logo_url,
        accent: account.accent,
        timezone: account.timezone,
      }}
      description={usePaymentTitle()(payment)}
      receipt={{
        paid_at: payment.captured_at ?? payment.created_at,
        amount: payment.captured,
        refunded: payment.refunded,
        method_kind: payment.method_kind,
        method_brand: payment.method_brand,
        method_last4: payment.method_last4,
        reference: payment.id.slice(-12).toUpperCase(),
      }}
    />
  );
}
