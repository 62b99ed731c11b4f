import { Button, Group, Stack, Text } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { useMethodName } from '../pay/methodName';
import { at, type Invoice, methodsOptions, ownKey, send } from './api';
import { useAccount } from './useAccount';

interface PayInvoiceProps {
  invoice: Pick<Invoice, 'id' | 'due'>;
}

/** Pays an invoice with the saved way to pay, or on the provider's page. */
export function PayInvoice({ invoice }: PayInvoiceProps) {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const name = useMethodName();
  const methods = useQuery(methodsOptions(tenant));
  const saved = methods.data?.find((method) => method.is_default);
  const refetch = () => client.invalidateQueries({ queryKey: ownKey(tenant) });
  const charge = useCommand({
    send: (method_id: string, { headers }) =>
      send<unknown>(at(tenant, `invoices/${invoice.id}/payment`), headers, { method_id }),
    onSettled: refetch,
  });
  const open = useCommand({
    send: (_: undefined, { headers }) =>
      send<{ url: string }>(at(tenant, `invoices/${invoice.id}/checkout`), headers, {
        return_url: `${location.origin}/home/money/${tenant}/invoices/${invoice.id}?returned=true`,
      }),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: () => void refetch(),
  });
  const busy = charge.isPending || open.isPending || open.isSuccess;
  const amount = money(invoice.due);
  return (
    <Stack gap="sm">
      <FormError problem={charge.error ?? open.error} />
      {saved !== undefined && <Text size="sm">{t('pay.using', { method: name(saved) })}</Text>}
      <Group gap="sm">
        {saved !== undefined && (
          <Button
            size="md"
            loading={charge.isPending}
            disabled={busy}
            aria-label={t('pay.with', { amount, method: name(saved) })}
            onClick={() => charge.mutate(saved.id)}
          >
            {t('pay.now', { amount })}
          </Button>
        )}
        <Button
          size="md"
          variant={saved === undefined ? 'filled' : 'default'}
          loading={open.isPending || open.isSuccess}
          disabled={busy || methods.isPending}
          rightSection={<IconExternalLink size={18} stroke={1.8} aria-hidden="true" />}
          onClick={() => open.mutate(undefined)}
        >
          {saved === undefined ? t('pay.now', { amount }) : t('pay.other')}
        </Button>
      </Group>
    </Stack>
  );
}
