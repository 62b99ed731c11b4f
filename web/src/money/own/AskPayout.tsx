import { Button, Select, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCommand } from '../../queries';
import { minorOf, typedOf } from '../../ui/amounts';
import { useFormats } from '../../ui/format';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { AmountField } from '../parts/AmountField';
import { Sheet, SheetForm } from '../parts/Sheet';
import { AddAccount } from './AddAccount';
import { at, ownKey, send } from './api';
import { useAccount } from './useAccount';
import { amountFault, type OwnWallet } from './wallet';

interface AskPayoutProps {
  opened: boolean;
  onClose: () => void;
  owned: OwnWallet;
}

/** Asks for what is in a wallet; whoever has named no account yet does that first. */
export function AskPayout({ opened, onClose, owned }: AskPayoutProps) {
  const { t } = useTranslation('own');
  const [adds, setAdds] = useState(false);
  const [added, setAdded] = useState<string | null>(null);
  const adding = adds || owned.destinations.length === 0;
  const close = () => {
    setAdds(false);
    onClose();
  };
  return (
    <Sheet opened={opened} onClose={close} title={adding ? t('wallet.add') : t('wallet.ask')}>
      {adding ? (
        <AddAccount
          wallet={owned.wallet}
          onClose={() => (adds ? setAdds(false) : close())}
          onAdded={({ id }) => {
            setAdded(id);
            setAdds(false);
          }}
        />
      ) : (
        <AskForm owned={owned} to={added} onOther={() => setAdds(true)} onClose={close} />
      )}
    </Sheet>
  );
}

interface AskFormProps {
  owned: OwnWallet;
  /** The account that was added a moment ago. */
  to: string | null;
  onOther: () => void;
  onClose: () => void;
}

/** The form with what it may be filled with, and the request that it becomes. */
function useAsking({ owned, to, onClose }: Omit<AskFormProps, 'onOther'>) {
  const { t } = useTranslation('own');
  const { money } = useFormats();
  const { tenant_id: tenant, business } = useAccount();
  const client = useQueryClient();
  const notice = useNotice();
  const { wallet, balances, minimum, destinations } = owned;
  const { currency } = wallet;
  const limits = { minimum: money(minimum), available: money(balances.available) };
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: {
      amount: typedOf(balances.available.minor, currency),
      destination_id: to ?? destinations[0]?.id ?? '',
    },
    validate: {
      amount: (typed) => {
        const fault = amountFault(typed, owned);
        return fault && t(`wallet.amount.${fault}`, limits);
      },
      destination_id: (chosen) => (chosen === '' ? t('wallet.toMissing') : null),
    },
  });
  const ask = useCommand({
    send: ({ amount, destination_id }: typeof form.values, { headers }) =>
      send<unknown>(at(tenant, 'wallet/payouts'), headers, {
        wallet_id: wallet.id,
        destination_id,
        amount: { minor: minorOf(amount, currency) ?? 0, currency },
      }),
    onSuccess: () => {
      notice(t('wallet.asked', { business }));
      onClose();
    },
    onError: refused,
    onSettled: () => void client.invalidateQueries({ queryKey: ownKey(tenant) }),
  });
  const submit = form.onSubmit((values) => {
    forget();
    ask.mutate(values);
  });
  return { form, problem, limits, submit, busy: ask.isPending };
}

function AskForm(props: AskFormProps) {
  const { t } = useTranslation('own');
  const { business } = useAccount();
  const { wallet, destinations } = props.owned;
  const { form, problem, limits, submit, busy } = useAsking(props);
  return (
    <SheetForm onSubmit={submit} onClose={props.onClose} problem={problem} busy={busy} deed={t('wallet.ask')}>
      <AmountField
        label={t('wallet.amount')}
        description={t('wallet.amountText', limits)}
        currency={wallet.currency}
        withAsterisk
        data-autofocus
        {...form.getInputProps('amount')}
      />
      <Select
        label={t('wallet.to')}
        data={destinations.map(({ id, masked, holder }) => ({ value: id, label: `${masked} · ${holder}` }))}
        allowDeselect={false}
        withAsterisk
        {...form.getInputProps('destination_id')}
      />
      <Button
        variant="subtle"
        size="xs"
        leftSection={<IconPlus size={16} aria-hidden="true" />}
        style={{ alignSelf: 'flex-start' }}
        onClick={props.onOther}
      >
        {t('wallet.toOther')}
      </Button>
      <Text size="sm">{t('wallet.askText', { business })}</Text>
    </SheetForm>
  );
}
