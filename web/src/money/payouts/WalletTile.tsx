import { Button, Modal, Paper, Select, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Balances, payoutsCreatePayout, type Wallet } from '../../api';
import { payoutsListDestinationsOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { useNotice } from '../../ui/useNotice';

interface WalletTileProps {
  wallet: Wallet;
  balances: Balances;
  onAsked: () => Promise<unknown>;
}

/** What one party has, and a way to ask for it. */
export function WalletTile({ wallet, balances, onAsked }: WalletTileProps) {
  const { t } = useTranslation('payouts');
  const { money } = useFormats();
  const { headers, may } = useBusiness();
  const notice = useNotice();
  const [opened, dialog] = useDisclosure(false);
  const [destination, setDestination] = useState<string | null>(null);
  const accounts = useQuery({
    ...payoutsListDestinationsOptions({ headers, query: { wallet: wallet.id } }),
    enabled: opened,
  });
  const ask = useCommand({
    send: (to: string, attempt) =>
      payoutsCreatePayout({
        headers: { ...headers, ...attempt.headers },
        body: { wallet_id: wallet.id, amount: balances.available, destination_id: to },
      }),
    onSuccess: async () => {
      dialog.close();
      notice(t('requested'));
      await onAsked();
    },
  });
  const rows = [
    { label: t('pending'), value: balances.pending },
    { label: t('held'), value: balances.held },
    ...(balances.owed.minor > 0 ? [{ label: t('owed'), value: balances.owed }] : []),
  ];
  return (
    <Paper withBorder p="md" radius="lg">
      <Stack gap="xs">
        <Title order={2} size="h4">
          {wallet.name}
        </Title>
        <div>
          <Text size="sm" c="dimmed">
            {t('available')}
          </Text>
          <Text fz={28} fw={700} lh={1.2}>
            {money(balances.available)}
          </Text>
        </div>
        {rows.map(({ label, value }) => (
          <Text key={label} size="sm">
            {label}: <b>{money(value)}</b>
          </Text>
        ))}
        {may('payouts.request') && (
          <Button variant="light" mt="xs" disabled={balances.available.minor === 0} onClick={dialog.open}>
            {t('request')}
          </Button>
        )}
      </Stack>
      <Modal opened={opened} onClose={dialog.close} title={t('request.title', { name: wallet.name })}>
        <Stack gap="md">
          <FormError problem={ask.error} />
          <Text>{t('request.message', { amount: money(balances.available) })}</Text>
          <Select
            label={t('request.account')}
            placeholder={t('request.choose')}
            data={(accounts.data?.items ?? []).map(({ id, masked, holder, shared }) => ({
              value: id,
              label: shared ? t('request.shared', { masked, holder }) : `${holder} · ${masked}`,
            }))}
            value={destination}
            onChange={setDestination}
            nothingFoundMessage={t('request.none')}
          />
          <Button
            loading={ask.isPending}
            disabled={destination === null}
            onClick={() => destination !== null && ask.mutate(destination)}
          >
            {t('request')}
          </Button>
        </Stack>
      </Modal>
    </Paper>
  );
}
