import { Stack, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconCreditCard } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { LinkButton, LinkText } from '../../shell/links';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { useMethodName } from '../pay/methodName';
import { type Invoice, invoicesOptions, methodsOptions, paymentsOptions } from './api';
import invoiceClasses from './Invoice.module.css';
import { InvoiceList } from './InvoiceList';
import classes from './Overview.module.css';
import { PayInvoice } from './PayInvoice';
import { PaymentList } from './Payments';
import { Subscriptions } from './Subscriptions';
import { useAccount } from './useAccount';
import { walletsOptions } from './wallet';

const LATEST = 4;

/** What is open at a business, what runs there, and what was paid last. */
export function Overview() {
  const { t } = useTranslation('own');
  const { tenant_id: tenantId } = useAccount();
  const invoices = useInfiniteQuery(invoicesOptions(tenantId));
  return (
    <Page title={t('tabs.overview')}>
      <div className={classes.columns}>
        <div className={classes.column}>
          <Loaded query={invoices}>
            {(data) => (
              <Open
                invoices={data.pages.flatMap((page) => page.items).filter(({ status }) => status === 'open')}
              />
            )}
          </Loaded>
          <Subscriptions />
        </div>
        <div className={classes.column}>
          <Earned />
          <DefaultMethod />
          <Latest />
        </div>
      </div>
    </Page>
  );
}

/** What is to be paid, the most urgent first. */
function Open({ invoices }: { invoices: readonly Invoice[] }) {
  const { t } = useTranslation('own');
  const { money, day } = useFormats();
  const { tenant_id: tenantId } = useAccount();
  const [first, ...others] = [...invoices].sort((one, other) => one.due_on.localeCompare(other.due_on));
  if (first === undefined)
    return (
      <div className={classes.clear}>
        <IconCircleCheck size={24} stroke={1.6} aria-hidden="true" />
        <Text fw={600}>{t('overview.clear')}</Text>
      </div>
    );
  return (
    <Stack gap="md">
      <section className={invoiceClasses.due} aria-labelledby="due">
        <div>
          <Title order={2} size="h3" id="due">
            {t('overview.due')}
          </Title>
          <Text size="sm" c={first.overdue ? 'red' : 'dimmed'}>
            <LinkText
              to="/home/money/$tenantId/invoices/$invoiceId"
              params={{ tenantId, invoiceId: first.id }}
            >
              {t('invoice.title', { number: first.number })}
            </LinkText>
            {' · '}
            {first.overdue
              ? t('invoice.wasDue', { day: day(first.due_on) })
              : t('invoice.due', { day: day(first.due_on) })}
          </Text>
          <p className={invoiceClasses.amount}>{money(first.due)}</p>
        </div>
        <PayInvoice invoice={first} />
      </section>
      {others.length > 0 && (
        <Panel title={t('overview.alsoDue')} flush>
          <InvoiceList invoices={others} label={t('overview.alsoDue')} />
        </Panel>
      )}
    </Stack>
  );
}

/** What somebody who earns here can have; nothing for all others. */
function Earned() {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  const { tenant_id: tenantId } = useAccount();
  const { data: wallets = [] } = useQuery(walletsOptions(tenantId));
  if (wallets.length === 0) return null;
  return (
    <Panel
      title={t('tabs.wallet')}
      actions={
        <LinkButton to="/home/money/$tenantId/wallet" params={{ tenantId }} variant="default" size="xs">
          {t('wallet.see')}
        </LinkButton>
      }
    >
      {wallets.map(({ wallet, balances }) => (
        <Text key={wallet.id}>
          {t('wallet.available')}: <b data-figures>{money(balances.available)}</b>
        </Text>
      ))}
    </Panel>
  );
}

/** What is charged unless somebody says otherwise. */
function DefaultMethod() {
  const { t } = useTranslation('own');
  const { tenant_id: tenantId } = useAccount();
  const name = useMethodName();
  const query = useQuery(methodsOptions(tenantId));
  const saved = query.data?.find((method) => method.is_default);
  return (
    <Panel
      title={t('overview.method')}
      actions={
        <LinkButton to="/home/money/$tenantId/methods" params={{ tenantId }} variant="default" size="xs">
          {saved === undefined ? t('methods.add') : t('overview.manage')}
        </LinkButton>
      }
    >
      <Loaded query={query}>
        {() => (
          <Text c={saved === undefined ? 'dimmed' : undefined}>
            <IconCreditCard size={20} stroke={1.5} aria-hidden="true" style={{ verticalAlign: '-4px' }} />{' '}
            {saved === undefined ? t('overview.noMethod') : name(saved)}
          </Text>
        )}
      </Loaded>
    </Panel>
  );
}

function Latest() {
  const { t } = useTranslation('own');
  const { tenant_id: tenantId } = useAccount();
  const query = useInfiniteQuery(paymentsOptions(tenantId));
  return (
    <Panel
      title={t('overview.latest')}
      flush
      actions={
        <LinkButton to="/home/money/$tenantId/payments" params={{ tenantId }} variant="default" size="xs">
          {t('overview.all')}
        </LinkButton>
      }
    >
      <Loaded
        query={query}
        isEmpty={(data) => data.pages[0]?.items.length === 0}
        empty={
          <Text c="dimmed" p="md">
            {t('payments.empty')}
          </Text>
        }
      >
        {(data) => <PaymentList payments={data.pages[0]?.items.slice(0, LATEST) ?? []} />}
      </Loaded>
    </Panel>
  );
}
