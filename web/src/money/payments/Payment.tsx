import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paymentsShowPaymentOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Loaded } from '../../ui/Loaded';
import { Money } from '../../ui/Money';
import { Page } from '../../ui/Page';
import { Back } from '../parts/Back';
import { PaymentBadge } from '../parts/badges';
import classes from '../parts/parts.module.css';
import { usePaymentTitle } from '../parts/paymentTitle';
import { isPayable } from '../parts/standing';
import { Attempts } from './Attempts';
import { PayLink } from './PayLink';
import { PaymentActions } from './PaymentActions';
import { PaymentFacts } from './PaymentFacts';
import { Refunds } from './Refunds';
import { StandingNotice } from './StandingNotice';
import { Timeline } from './Timeline';

const route = getRouteApi('/console/$slug/money/payments/$paymentId');

/** A payment with everything that happened to it, and what can be done about it. */
export function Payment() {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const { paymentId } = route.useParams();
  const title = usePaymentTitle();
  const payment = useQuery(paymentsShowPaymentOptions({ headers, path: { payment_id: paymentId } }));
  const found = payment.data;
  return (
    <Page
      title={found === undefined ? t('payment.title') : title(found.payment)}
      description={
        found !== undefined && (
          <span className={classes.under}>
            <span className={classes.amount}>
              <Money value={found.payment.amount} />
            </span>
            <PaymentBadge shown={found.payment.shown} />
          </span>
        )
      }
      back={<Back to="payments">{t('payments.title')}</Back>}
      actions={found !== undefined && <PaymentActions payment={found.payment} />}
    >
      <Loaded
        query={payment}
        skeleton={
          <div className={classes.columns}>
            <Skeleton height={320} radius="lg" />
            <Skeleton height={320} radius="lg" />
          </div>
        }
      >
        {(detail) => (
          <>
            <StandingNotice detail={detail} />
            <div className={classes.columns}>
              <Timeline moments={detail.timeline} />
              <div className={classes.beside}>
                <PaymentFacts detail={detail} />
                {isPayable(detail.payment.status) && may('payments.take') && (
                  <PayLink payment={detail.payment} />
                )}
                {detail.refunds.length > 0 && <Refunds refunds={detail.refunds} />}
                {detail.attempts.length > 0 && <Attempts attempts={detail.attempts} />}
              </div>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}
