import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paymentsShowDisputeOptions } from '../../api/@tanstack/react-query.gen';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Money } from '../../ui/Money';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { Back } from '../parts/Back';
import { Fact, Facts } from '../parts/Facts';
import classes from '../parts/parts.module.css';
import type { Dispute as Shown } from '../types';
import { Evidence } from './Evidence';
import { EvidenceForm } from './EvidenceForm';
import { DisputeBadge } from './standing';
import { useReason } from './words';

const route = getRouteApi('/console/$slug/money/disputes/$disputeId');

/** A dispute: what the payer says, until when it must be answered, and the answer. */
export function Dispute() {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const { disputeId } = route.useParams();
  const reason = useReason();
  const dispute = useQuery(paymentsShowDisputeOptions({ headers, path: { dispute_id: disputeId } }));
  const found = dispute.data;
  return (
    <Page
      title={found === undefined ? t('dispute.title') : reason(found.reason)}
      description={
        found !== undefined && (
          <span className={classes.under}>
            <span className={classes.amount}>
              <Money value={found.amount} />
            </span>
            <DisputeBadge dispute={found} />
          </span>
        )
      }
      back={<Back to="disputes">{t('disputes.title')}</Back>}
    >
      <Loaded query={dispute} skeleton={<Skeleton height={320} radius="lg" />}>
        {(data) => (
          <div className={classes.columns}>
            {data.status === 'needs_response' && may('payments.refund') ? (
              <EvidenceForm dispute={data} />
            ) : (
              <Evidence dispute={data} />
            )}
            <About dispute={data} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function About({ dispute }: { dispute: Shown }) {
  const { t } = useTranslation('money');
  const { slug, timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  return (
    <Panel title={t('dispute.about')}>
      <Facts>
        <Fact label={t('payment.title')}>
          <LinkText
            to="/console/$slug/money/payments/$paymentId"
            params={{ slug, paymentId: dispute.payment_id }}
          >
            {t('dispute.payment')}
          </LinkText>
        </Fact>
        <Fact label={t('payments.column.who')}>
          <LinkText
            to="/console/$slug/money/customers/$customerId"
            params={{ slug, customerId: dispute.customer_id }}
          >
            {t('dispute.customer')}
          </LinkText>
        </Fact>
        <Fact label={t('dispute.money')}>{t(dispute.withdrawn ? 'dispute.taken' : 'dispute.asked')}</Fact>
        <Fact label={t('disputes.opened')}>{moment(dispute.opened_at)}</Fact>
        {dispute.due_at !== null && <Fact label={t('disputes.due')}>{moment(dispute.due_at)}</Fact>}
        {dispute.closed_at !== null && <Fact label={t('dispute.decided')}>{moment(dispute.closed_at)}</Fact>}
        <Fact label={t('payment.reference')}>
          <code>{dispute.provider_ref}</code>
        </Fact>
      </Facts>
    </Panel>
  );
}
