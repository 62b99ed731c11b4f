import { IconArrowLeft } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LinkText } from '../../shell/links';
import { useAccount } from './useAccount';

const WAYS = {
  overview: '/home/money/$tenantId',
  invoices: '/home/money/$tenantId/invoices',
  payments: '/home/money/$tenantId/payments',
} as const;

/** The way back to the list, above a page of one thing. */
export function Back({ to }: { to: keyof typeof WAYS }) {
  const { t } = useTranslation('own');
  const { tenant_id: tenantId } = useAccount();
  return (
    <LinkText
      to={WAYS[to]}
      params={{ tenantId }}
      size="sm"
      data-screen-only
      style={{ alignSelf: 'flex-start' }}
    >
      <IconArrowLeft size={16} aria-hidden="true" style={{ verticalAlign: '-3px' }} /> {t(`tabs.${to}`)}
    </LinkText>
  );
}
