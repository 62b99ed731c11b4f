import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconCreditCard } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { useNotice } from '../../ui/useNotice';
import type { InvoiceDetail } from '../billing';
import { CreditDialog } from './CreditDialog';
import { useCollect } from './commands';
import { EndDialog } from './EndDialog';
import { SettleDialog } from './SettleDialog';

type Deed = 'credit' | 'void' | 'writeOff' | 'settle';

/** What can be done about an invoice as it stands. */
export function InvoiceActions({ detail: { invoice } }: { detail: InvoiceDetail }) {
  const { t } = useTranslation('money');
  const { may } = useBusiness();
  const notice = useNotice();
  const collect = useCollect(invoice.id);
  const [deed, setDeed] = useState<Deed | null>(null);
  if (!may('billing.manage') || invoice.status === 'void') return null;
  const open = invoice.status === 'open';
  const deeds: Deed[] = [
    ...(open ? (['settle'] as const) : []),
    ...(invoice.total.minor > invoice.credited.minor ? (['credit'] as const) : []),
    ...(open && invoice.paid.minor === 0 ? (['void'] as const) : []),
    ...(open ? (['writeOff'] as const) : []),
  ];
  const close = () => setDeed(null);
  return (
    <>
      {collect.error instanceof ApiProblem && <FormError problem={collect.error} />}
      {open && invoice.due.minor > 0 && (
        <Button
          leftSection={<IconCreditCard size={18} aria-hidden="true" />}
          loading={collect.isPending}
          onClick={() => collect.mutate(null, { onSuccess: () => notice(t('collect.done')) })}
        >
          {t('collect.label')}
        </Button>
      )}
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
                {t(`invoice.deed.${one}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <CreditDialog invoice={invoice} opened={deed === 'credit'} onClose={close} />
      <SettleDialog invoice={invoice} opened={deed === 'settle'} onClose={close} />
      <EndDialog invoice={invoice} how="void" opened={deed === 'void'} onClose={close} />
      <EndDialog invoice={invoice} how="writeOff" opened={deed === 'writeOff'} onClose={close} />
    </>
  );
}
