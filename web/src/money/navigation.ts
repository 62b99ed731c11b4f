/** How money plugs into the shell: every business has it, and everybody sees of it what they may. */

import {
  IconAlertTriangle,
  IconArrowsExchange,
  IconBell,
  IconBook2,
  IconChartHistogram,
  IconCoins,
  IconFileInvoice,
  IconPlugConnected,
  IconReceipt2,
  IconRefresh,
  IconTags,
  IconTicket,
  IconUsersGroup,
} from '@tabler/icons-react';
import type { System } from '../shell/systems';
import { moneyHome } from './own/home';

export const money: System = {
  name: 'money',
  home: moneyHome,
  always: true,
  label: 'systems.money',
  description: 'systems.money.description',
  icon: IconCoins,
  pages: [
    { path: 'money', label: 'nav.money', icon: IconChartHistogram, grant: 'payments.read' },
    {
      path: 'money/payments',
      label: 'nav.money.payments',
      icon: IconReceipt2,
      grant: 'payments.read',
      onPhone: true,
    },
    {
      path: 'money/invoices',
      label: 'nav.money.invoices',
      icon: IconFileInvoice,
      grant: 'billing.read',
      onPhone: true,
    },
    {
      path: 'money/subscriptions',
      label: 'nav.money.subscriptions',
      icon: IconRefresh,
      grant: 'billing.read',
    },
    { path: 'money/customers', label: 'nav.money.customers', icon: IconUsersGroup, grant: 'payments.read' },
    { path: 'money/plans', label: 'nav.money.plans', icon: IconTags, grant: 'billing.read' },
    { path: 'money/coupons', label: 'nav.money.coupons', icon: IconTicket, grant: 'billing.read' },
    { path: 'money/disputes', label: 'nav.money.disputes', icon: IconAlertTriangle, grant: 'payments.read' },
    {
      path: 'money/reconciliation',
      label: 'nav.money.reconciliation',
      icon: IconArrowsExchange,
      grant: 'payments.read',
    },
    { path: 'money/payouts', label: 'nav.money.payouts', icon: IconCoins, grant: 'payouts.read' },
    { path: 'money/books', label: 'nav.money.books', icon: IconBook2, grant: 'ledger.read' },
    { path: 'money/dunning', label: 'nav.money.dunning', icon: IconBell, grant: 'billing.read' },
    {
      path: 'money/connections',
      label: 'nav.money.connections',
      icon: IconPlugConnected,
      grant: 'payments.read',
    },
  ],
  searches: [
    {
      label: 'nav.money.customers',
      icon: IconUsersGroup,
      grant: 'payments.read',
      find: async (...question) => (await import('./search')).findCustomers(...question),
    },
  ],
};
