import { Button, Menu, Skeleton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  billingListPlansOptions,
  billingShowCreditOptions,
  paymentsShowPayerOptions,
} from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { BillDialog } from '../invoices/BillDialog';
import { Back } from '../parts/Back';
import { Fact, Facts } from '../parts/Facts';
import classes from '../parts/parts.module.css';
import { AskDialog } from '../payments/AskDialog';
import { SubscribeDialog } from '../subscriptions/SubscribeDialog';
import type { Payer } from '../types';
import { CreditDialog } from './CreditDialog';
import { CustomerDialog } from './CustomerDialog';
import { Methods } from './Methods';
import { TheirInvoices, TheirPayments, TheirSubscriptions } from './Theirs';

const route = getRouteApi('/console/$slug/money/customers/$customerId');
const MOST_PLANS = 100;

type Deed = 'ask' | 'bill' | 'subscribe' | 'credit' | 'correct';

/** Somebody who pays: what they owe, how they pay, and all that was billed. */
export function Customer() {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const { customerId } = route.useParams();
  const customer = useQuery(paymentsShowPayerOptions({ headers, path: { customer_id: customerId } }));
  return (
    <Page
      title={customer.data?.name ?? t('customer.who')}
      description={customer.data?.email ?? customer.data?.phone ?? undefined}
      back={<Back to="customers">{t('customers.title')}</Back>}
      actions={customer.data !== undefined && <Actions customer={customer.data} />}
    >
      <Loaded query={customer} skeleton={<Skeleton height={320} radius="lg" />}>
        {(data) => (
          <div className={classes.columns}>
            <div className={classes.beside}>
              {may('billing.read') && <TheirInvoices customer={data.id} />}
              {may('billing.read') && <TheirSubscriptions customer={data.id} />}
              <TheirPayments customer={data.id} />
            </div>
            <div className={classes.beside}>
              <About customer={data} />
              <Methods customer={data.id} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function About({ customer }: { customer: Payer }) {
  const { t } = useTranslation('money');
  const { headers, timezone, may } = useBusiness();
  const { day, money, list } = useFormats({ timezone });
  const credit = useQuery({
    ...billingShowCreditOptions({ headers, path: { customer_id: customer.id } }),
    enabled: may('billing.read'),
  });
  const left = (credit.data?.items ?? []).filter(({ minor }) => minor !== 0);
  return (
    <Panel title={t('customer.about')}>
      <Facts>
        <Fact label={t('customer.credit')}>
          {left.length === 0 ? t('customer.noCredit') : list(left.map((amount) => money(amount)))}
        </Fact>
        {customer.email !== null && <Fact label={t('customer.email')}>{customer.email}</Fact>}
        {customer.phone !== null && <Fact label={t('customer.phone')}>{customer.phone}</Fact>}
        {customer.tax_id !== null && <Fact label={t('customer.taxId')}>{customer.tax_id}</Fact>}
        {customer.reference !== null && <Fact label={t('customer.reference')}>{customer.reference}</Fact>}
        <Fact label={t('customer.account')}>{t(customer.person_id === null ? 'no' : 'yes')}</Fact>
        <Fact label={t('customers.since')}>{day(customer.created_at)}</Fact>
      </Facts>
    </Panel>
  );
}

/** What can be done with a customer. */
function Actions({ customer }: { customer: Payer }) {
  const { t } = useTranslation('money');
  const { headers, may } = useBusiness();
  const [deed, setDeed] = useState<Deed | null>(null);
  const close = () => setDeed(null);
  const plans = useQuery({
    ...billingListPlansOptions({ headers, query: { limit: MOST_PLANS } }),
    enabled: deed === 'subscribe',
  });
  const deeds: Deed[] = [
    ...(may('billing.manage') ? (['bill', 'subscribe', 'credit'] as const) : []),
    ...(may('payments.take') ? (['correct'] as const) : []),
  ];
  return (
    <>
      {may('payments.take') && <Button onClick={() => setDeed('ask')}>{t('payments.ask')}</Button>}
      {deeds.length > 0 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden="true" />}>
              {t('more')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {deeds.map((one) => (
              <Menu.Item key={one} onClick={() => setDeed(one)}>
                {t(`customer.deed.${one}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <AskDialog opened={deed === 'ask'} onClose={close} customer={customer.id} />
      <BillDialog opened={deed === 'bill'} onClose={close} customer={customer.id} />
      {plans.data !== undefined && (
        <SubscribeDialog
          opened={deed === 'subscribe'}
          onClose={close}
          customer={customer.id}
          plans={plans.data.items}
        />
      )}
      <CreditDialog opened={deed === 'credit'} onClose={close} customer={customer.id} />
      <CustomerDialog opened={deed === 'correct'} onClose={close} customer={customer} />
    </>
  );
}
