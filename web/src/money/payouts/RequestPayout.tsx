import { Button, Select, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Balances, payoutsCreatePayout, type Wallet } from '../../api';
import { payoutsListDestinationsOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { useNotice } from '../../ui/useNotice';
import { Sheet, SheetForm } from '../parts/Sheet';
import { again } from './again';

interface RequestPayoutProps {
  wallet: Wallet;
  balances: Balances;
  variant: 'light' | 'filled';
}

/** Asks for all that a party can be paid, for whoever may. */
export function RequestPayout({ variant, ...owned }: RequestPayoutProps) {
  const { t } = useTranslation('payouts');
  const { may } = useBusiness();
  const [opened, { open, close }] = useDisclosure(false);
  if (!may('payouts.request')) return null;
  return (
    <>
      <Button variant={variant} disabled={owned.balances.available.minor === 0} onClick={open}>
        {t('request')}
      </Button>
      <Sheet opened={opened} onClose={close} title={t('request.title', { name: owned.wallet.name })}>
        <RequestForm {...owned} onClose={close} />
      </Sheet>
    </>
  );
}

interface RequestFormProps extends Omit<RequestPayoutProps, 'variant'> {
  onClose: () => void;
}

function RequestForm({ wallet, balances, onClose }: RequestFormProps) {
  const { t } = useTranslation('payouts');
  const { money } = useFormats();
  const { headers } = useBusiness();
  const client = useQueryClient();
  const notice = useNotice();
  const [destination, setDestination] = useState<string | null>(null);
  const accounts = useQuery(payoutsListDestinationsOptions({ headers, query: { wallet: wallet.id } }));
  const ask = useCommand({
    send: (to: string, attempt) =>
      payoutsCreatePayout({
        headers: { ...headers, ...attempt.headers },
        body: { wallet_id: wallet.id, amount: balances.available, destination_id: to },
      }),
    onSuccess: async () => {
      onClose();
      notice(t('requested'));
      await again(client);
    },
  });
  return (
    <SheetForm
      onSubmit={() => destination !== null && ask.mutate(destination)}
      onClose={onClose}
      problem={ask.error}
      busy={ask.isPending}
      deed={t('request')}
      disabled={destination === null}
    >
      <Text>{t('request.message', { amount: money(balances.available) })}</Text>
      <Select
        label={t('request.account')}
        placeholder={t(accounts.data?.items.length === 0 ? 'request.none' : 'request.choose')}
        data={(accounts.data?.items ?? []).map(({ id, masked, holder, shared }) => ({
          value: id,
          label: shared ? t('request.shared', { masked, holder }) : `${holder} · ${masked}`,
        }))}
        value={destination}
        onChange={setDestination}
        nothingFoundMessage={t('request.none')}
        data-autofocus
      />
    </SheetForm>
  );
}
