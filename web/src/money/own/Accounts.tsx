import { Stack, Text, Title } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Brand } from '../../ui/Brand';
import { useFormats } from '../../ui/format';
import classes from './Accounts.module.css';
import type { Account } from './api';
import { useAccounts } from './useAccount';

/** The businesses that a person pays or that pay them, with what is open at each. */
export function Accounts({ person }: { person: string }) {
  const { t } = useTranslation('own');
  const { data: accounts } = useAccounts(person);
  if (accounts === undefined || accounts.length === 0) return null;
  return (
    <Stack component="nav" gap="sm" aria-labelledby="accounts">
      <Title order={2} size="h3" id="accounts">
        {t(accounts.some(({ earned }) => earned.length > 0) ? 'accounts.titleBoth' : 'accounts.title')}
      </Title>
      <ul className={classes.list}>
        {accounts.map((account) => (
          <li key={account.tenant_id}>
            <Link
              to="/home/money/$tenantId"
              params={{ tenantId: account.tenant_id }}
              className={classes.account}
            >
              <Brand name={account.business} logoUrl={account.logo_url} size={40} />
              <span className={classes.names}>
                <Text component="span" display="block" fw={600}>
                  {account.business}
                </Text>
                <Standing account={account} />
              </span>
              <IconChevronRight size={18} stroke={1.6} aria-hidden="true" />
            </Link>
          </li>
        ))}
      </ul>
    </Stack>
  );
}

/** What is open there, and otherwise what runs. */
function Standing({ account }: { account: Account }) {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  const { customer_id, balance, open_invoices, active_subscriptions } = account;
  if (open_invoices > 0)
    return (
      <Text component="span" display="block" size="sm" className={classes.due}>
        {balance !== null && balance.minor > 0
          ? t('accounts.due', { amount: money(balance) })
          : t('accounts.open', { count: open_invoices })}
      </Text>
    );
  const earned = account.earned.filter(({ minor }) => minor > 0);
  if (customer_id === null || (earned.length > 0 && active_subscriptions === 0))
    return (
      <Text component="span" display="block" size="sm" c="dimmed">
        {earned.length > 0
          ? t('accounts.earned', { amount: earned.map(money).join(' · ') })
          : t('accounts.earns')}
      </Text>
    );
  return (
    <Text component="span" display="block" size="sm" c="dimmed">
      {active_subscriptions > 0
        ? t('accounts.subscriptions', { count: active_subscriptions })
        : t('accounts.nothing')}
    </Text>
  );
}
