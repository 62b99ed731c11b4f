import { IconArrowLeft } from '@tabler/icons-react';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import classes from './parts.module.css';

type Lists = 'payments' | 'invoices' | 'subscriptions' | 'customers' | 'disputes' | 'payouts';

/** Back to the list from which a detail is opened. */
export function Back({ to, children }: { to: Lists; children: string }) {
  const { slug } = useBusiness();
  return (
    <LinkText to={`/console/$slug/money/${to}`} params={{ slug }} className={classes.back ?? ''}>
      <IconArrowLeft size={16} aria-hidden="true" /> {children}
    </LinkText>
  );
}
