import { SegmentedControl, Select, SimpleGrid, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useCommand } from '../../queries';
import { countriesIn } from '../../shell/settings/places';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { SheetForm } from '../parts/Sheet';
import { at, ownKey, send } from './api';
import { accountOf, countryOf, faults, type Typed, type Way, waysOf } from './bank';
import { useAccount } from './useAccount';
import { type Account, type OwnWallet, walletsOptions } from './wallet';

interface AddAccountProps {
  wallet: OwnWallet['wallet'];
  onClose: () => void;
  onAdded: (account: Account) => void;
}

/** The form as most people with this currency begin it, and the account that it becomes. */
function useAdding({ wallet, onAdded }: Omit<AddAccountProps, 'onClose'>) {
  const { t, i18n } = useTranslation('own');
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const notice = useNotice();
  const countries = useMemo(() => countriesIn(i18n.language, 'PE'), [i18n.language]);
  const { form, problem, refused, forget } = useProblemForm<Typed & Record<string, unknown>>({
    initialValues: {
      way: waysOf(wallet.currency)[0],
      holder: wallet.name,
      country: countryOf(
        wallet.currency,
        countries.map(({ value }) => value),
      ),
      iban: '',
      bic: '',
      number: '',
      code: '',
      vpa: '',
    },
    validate: (values) =>
      Object.fromEntries(
        Object.entries(faults(values)).map(([field, fault]) => [field, t(`bank.fault.${fault}`)]),
      ),
    fields: { account_number: 'number', bank_code: 'code' },
  });
  const add = useCommand({
    send: (values: Typed, { headers }) =>
      send<Account>(at(tenant, 'wallet/destinations'), headers, {
        ...accountOf(values),
        wallet_id: wallet.id,
      }),
    onSuccess: async (account) => {
      notice(t('wallet.added', { account: account.masked }));
      // Whoever chooses among the accounts next finds the new one there.
      await client.invalidateQueries(walletsOptions(tenant));
      onAdded(account);
    },
    onError: refused,
    onSettled: () => void client.invalidateQueries({ queryKey: ownKey(tenant) }),
  });
  const submit = form.onSubmit((values) => {
    forget();
    add.mutate(values);
  });
  return { form, problem, countries, submit, busy: add.isPending };
}

/** Names a bank account; it is sent once, and shown no more. */
export function AddAccount(props: AddAccountProps) {
  const { t } = useTranslation('own');
  const { form, problem, countries, submit, busy } = useAdding(props);
  const ways = waysOf(props.wallet.currency);
  return (
    <SheetForm
      onSubmit={submit}
      onClose={props.onClose}
      problem={problem}
      busy={busy}
      deed={t('wallet.addDeed')}
    >
      <Text size="sm">{t('wallet.addText')}</Text>
      <TextInput
        label={t('bank.holder')}
        maxLength={140}
        autoComplete="name"
        withAsterisk
        data-autofocus
        {...form.getInputProps('holder')}
      />
      <SegmentedControl
        fullWidth
        aria-label={t('bank.way')}
        data={ways.map((way) => ({ value: way, label: t(`bank.way.${way}`) }))}
        value={form.values.way}
        onChange={(way) => {
          form.setFieldValue('way', way as Way);
          form.clearErrors();
        }}
      />
      <Fields form={form} countries={countries} />
    </SheetForm>
  );
}

interface FieldsProps {
  form: ReturnType<typeof useProblemForm<Typed & Record<string, unknown>>>['form'];
  countries: ReturnType<typeof countriesIn>;
}

/** Nothing of an account is a word, and nothing of it is remembered by the browser. */
const BARE = { autoComplete: 'off', autoCapitalize: 'characters', spellCheck: false } as const;

function Fields({ form, countries }: FieldsProps) {
  const { t } = useTranslation('own');
  const { way, country } = form.values;
  if (way === 'vpa')
    return (
      <TextInput
        label={t('bank.vpa')}
        placeholder="name@bank"
        withAsterisk
        {...BARE}
        autoCapitalize="none"
        {...form.getInputProps('vpa')}
      />
    );
  if (way === 'iban')
    return (
      <>
        <TextInput
          label={t('bank.way.iban')}
          placeholder="ES91 2100 0418 4502 0005 1332"
          withAsterisk
          {...BARE}
          {...form.getInputProps('iban')}
        />
        <TextInput label={t('bank.bic')} maxLength={11} {...BARE} {...form.getInputProps('bic')} />
      </>
    );
  return (
    <>
      <Select
        label={t('bank.country')}
        data={countries}
        searchable
        allowDeselect={false}
        withAsterisk
        {...form.getInputProps('country')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t('bank.way.account')}
          inputMode="numeric"
          withAsterisk
          {...BARE}
          {...form.getInputProps('number')}
        />
        <TextInput
          label={country === 'IN' ? t('bank.ifsc') : t('bank.code')}
          withAsterisk={country === 'IN'}
          {...BARE}
          {...form.getInputProps('code')}
        />
      </SimpleGrid>
    </>
  );
}
