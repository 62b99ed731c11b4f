import { SegmentedControl, Select, SimpleGrid, Text, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Destination, Wallet } from '../../api';
import { type Attempt, useCommand } from '../../queries';
import { countriesIn } from '../../shell/settings/places';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { accountOf, countryOf, faults, type Typed, type Way, waysOf } from './bank';
import { SheetForm } from './Sheet';

interface AccountFormProps {
  wallet: Pick<Wallet, 'name' | 'currency'>;
  /** Who will see what of the account. */
  text: string;
  send: (account: ReturnType<typeof accountOf>, attempt: Attempt) => Promise<{ data: Destination }>;
  onAdded: (account: Destination) => unknown;
  onSettled?: () => void;
  onClose: () => void;
}

/** The form as most people with this currency begin it, and the account that it becomes. */
function useAdding({ wallet, send, onAdded, onSettled }: AccountFormProps) {
  const { t, i18n } = useTranslation('own');
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
    send: (values: Typed, attempt) => send(accountOf(values), attempt),
    onSuccess: async (account) => {
      notice(t('wallet.added', { account: account.masked }));
      await onAdded(account);
    },
    onError: refused,
    onSettled: () => onSettled?.(),
  });
  const submit = form.onSubmit((values) => {
    forget();
    add.mutate(values);
  });
  return { form, problem, countries, submit, busy: add.isPending };
}

/** Names a bank account; it is sent once, and shown no more. */
export function AccountForm(props: AccountFormProps) {
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
      <Text size="sm">{props.text}</Text>
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
