import { Button, Text } from '@mantine/core';
import { IconLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import type { Invoice } from '../billing';
import { LinkToSend } from '../parts/LinkToSend';
import { useLink } from './commands';

/** A link with which the customer sees the invoice and pays it, without signing in. */
export function InvoiceLink({ invoice }: { invoice: Invoice }) {
  const { t } = useTranslation('money');
  const make = useLink(invoice.id);
  return (
    <Panel title={t('link.title')}>
      <FormError problem={make.error} />
      {make.data === undefined ? (
        <>
          <Text size="sm" c="dimmed" mb="sm">
            {t('link.invoiceText')}
          </Text>
          <Button
            leftSection={<IconLink size={18} aria-hidden="true" />}
            loading={make.isPending}
            onClick={() => make.mutate(null)}
          >
            {t('link.make')}
          </Button>
        </>
      ) : (
        <LinkToSend url={make.data.url} />
      )}
    </Panel>
  );
}
