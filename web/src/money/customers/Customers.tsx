import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserPlus, IconUsersGroup } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paymentsListPayersInfiniteOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { useFormats } from '../../ui/format';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { customerFilter } from '../address';
import { Filters, SearchField } from '../parts/Filters';
import { List, PAGING } from '../parts/List';
import classes from '../parts/parts.module.css';
import { CustomerDialog } from './CustomerDialog';

const route = getRouteApi('/console/$slug/money/customers');
const PAGE = 50;

/** Everybody who pays. */
export function Customers() {
  const { t } = useTranslation('money');
  const { headers, slug, may, timezone } = useBusiness();
  const { day } = useFormats({ timezone });
  const { search } = route.useSearch();
  const navigate = useNavigate();
  const [adding, add] = useDisclosure(false);
  const question = { headers, query: { limit: PAGE, ...(search === undefined ? {} : { search }) } };
  const customers = useInfiniteQuery({
    ...paymentsListPayersInfiniteOptions(question),
    ...PAGING,
    initialPageParam: question,
    placeholderData: keepPreviousData,
  });
  const show = (text: string | undefined) =>
    void navigate({
      to: '/console/$slug/money/customers',
      params: { slug },
      search: customerFilter({ search: text }),
      replace: true,
    });
  const button = may('payments.take') && (
    <Button leftSection={<IconUserPlus size={18} aria-hidden="true" />} onClick={add.open}>
      {t('customer.add')}
    </Button>
  );
  return (
    <Page title={t('customers.title')} description={t('customers.description')} actions={button}>
      <Panel flush>
        <Filters>
          <SearchField
            label={t('customers.search')}
            value={search ?? ''}
            onChange={(text) => show(text || undefined)}
          />
        </Filters>
        <List
          query={customers}
          columns={[
            {
              key: 'name',
              header: t('customer.name'),
              cell: ({ name }) => <span className={classes.strong}>{name}</span>,
            },
            { key: 'email', header: t('customer.email'), cell: ({ email }) => email ?? '–' },
            { key: 'phone', header: t('customer.phone'), cell: ({ phone }) => phone ?? '–' },
            {
              key: 'since',
              header: t('customers.since'),
              align: 'right',
              cell: ({ created_at }) => day(created_at),
            },
          ]}
          rowKey={({ id }) => id}
          rowHref={({ id }) => `/console/${slug}/money/customers/${id}`}
          caption={t('customers.title')}
          mobile={({ name, email, phone, created_at }) => (
            <span className={classes.card}>
              <span className={classes.strong}>{name}</span>
              <span className={classes.faint}>{day(created_at)}</span>
              <span className={classes.faint}>{email ?? phone}</span>
            </span>
          )}
          onClear={search === undefined ? undefined : () => show(undefined)}
          empty={
            <Empty
              icon={<IconUsersGroup size={36} stroke={1.5} aria-hidden="true" />}
              title={t('customers.none')}
              action={button}
            >
              {t('customers.noneText')}
            </Empty>
          }
        />
      </Panel>
      <CustomerDialog opened={adding} onClose={add.close} />
    </Page>
  );
}
