import { Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { StatusBadge } from '../../ui/StatusBadge';
import type { Invoice } from './api';
import { invoiceStanding, TONES } from './invoiceStanding';
import classes from './rows.module.css';
import { useAccount } from './useAccount';

/** Invoices, each with the way to it. */
export function InvoiceList({ invoices, label }: { invoices: readonly Invoice[]; label: string }) {
  const { t } = useTranslation('own');
  const { money, day } = useFormats();
  const { tenant_id: tenantId } = useAccount();
  return (
    <ul className={classes.rows} aria-label={label}>
      {invoices.map((invoice) => {
        const standing = invoiceStanding(invoice);
        return (
          <li key={invoice.id}>
            <Link
              to="/home/money/$tenantId/invoices/$invoiceId"
              params={{ tenantId, invoiceId: invoice.id }}
              className={classes.row}
            >
              <span className={classes.what}>
                <Text component="span" display="block" fw={600}>
                  {t('invoice.title', { number: invoice.number })}
                </Text>
                <Text component="span" display="block" size="sm" c="dimmed">
                  {standing === 'open' || standing === 'overdue'
                    ? t('invoice.due', { day: day(invoice.due_on) })
                    : day(invoice.issued_on)}
                </Text>
              </span>
              <span className={classes.figure}>
                <Text component="span" display="block" fw={600} data-figures>
                  {money(invoice.status === 'open' ? invoice.due : invoice.total)}
                </Text>
                <StatusBadge tone={TONES[standing]}>{t(`invoice.${standing}`)}</StatusBadge>
              </span>
              <IconChevronRight size={18} stroke={1.6} aria-hidden="true" />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
