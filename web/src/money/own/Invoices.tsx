import { IconFileInvoice } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { LoadMore } from '../../ui/LoadMore';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { invoicesOptions } from './api';
import { InvoiceList } from './InvoiceList';
import { useAccount } from './useAccount';

/** Every invoice that a person has had from a business, newest first. */
export function Invoices() {
  const { t } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const query = useInfiniteQuery(invoicesOptions(tenant));
  return (
    <Page title={t('tabs.invoices')} width="text">
      <Loaded
        query={query}
        isEmpty={(data) => data.pages[0]?.items.length === 0}
        empty={
          <Empty
            icon={<IconFileInvoice size={44} stroke={1.3} aria-hidden="true" />}
            title={t('invoices.empty')}
          >
            {t('invoices.emptyText')}
          </Empty>
        }
      >
        {(data) => (
          <>
            <Panel flush>
              <InvoiceList invoices={data.pages.flatMap((page) => page.items)} label={t('tabs.invoices')} />
            </Panel>
            <LoadMore query={query} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
