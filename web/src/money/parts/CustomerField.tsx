import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconUserPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { paymentsAddPayer } from '../../api';
import { paymentsListPayersOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import classes from './parts.module.css';

const TYPING_MS = 250;
const MOST = 20;

interface CustomerFieldProps {
  value: string | null;
  onChange: (customer: string | null) => void;
  error?: string | undefined;
}

/** Who pays: somebody known, found by name, or somebody new. */
export function CustomerField({ value, onChange, error }: CustomerFieldProps) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const [typed, setTyped] = useState('');
  const [adding, setAdding] = useState(false);
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const found = useQuery({
    ...paymentsListPayersOptions({ headers, query: { limit: MOST, ...(search === '' ? {} : { search }) } }),
    placeholderData: keepPreviousData,
  });
  const [known, setKnown] = useState<{ value: string; label: string } | null>(null);
  if (adding)
    return (
      <NewCustomer
        onCancel={() => setAdding(false)}
        onAdded={({ id, name }) => {
          setKnown({ value: id, label: name });
          onChange(id);
          setAdding(false);
        }}
      />
    );
  const options = (found.data?.items ?? []).map(({ id, name, email }) => ({
    value: id,
    label: email === null ? name : `${name} · ${email}`,
  }));
  const all =
    known === null || options.some((option) => option.value === known.value) ? options : [known, ...options];
  return (
    <div className={classes.beside}>
      <Select
        label={t('customer.who')}
        placeholder={t('customer.find')}
        searchable
        data={all}
        value={value}
        filter={({ options: shown }) => shown}
        nothingFoundMessage={found.isFetching ? t('customer.finding') : t('customer.noneFound')}
        onSearchChange={setTyped}
        onChange={(chosen) => {
          setKnown(all.find((option) => option.value === chosen) ?? null);
          onChange(chosen);
        }}
        error={error}
        withAsterisk
      />
      <Button
        variant="subtle"
        size="xs"
        justify="flex-start"
        leftSection={<IconUserPlus size={16} aria-hidden="true" />}
        onClick={() => setAdding(true)}
      >
        {t('customer.new')}
      </Button>
    </div>
  );
}

interface NewCustomerProps {
  onAdded: (customer: { id: string; name: string }) => void;
  onCancel: () => void;
}

function NewCustomer({ onAdded, onCancel }: NewCustomerProps) {
  const { t } = useTranslation('money');
  const { t: common } = useTranslation('ui');
  const { headers } = useBusiness();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const add = useCommand({
    send: (_: null, attempt) =>
      paymentsAddPayer({
        headers: { ...headers, ...attempt.headers },
        body: { name: name.trim(), ...(email.trim() === '' ? {} : { email: email.trim() }) },
      }),
    onSuccess: onAdded,
  });
  return (
    <div className={classes.beside}>
      <FormError problem={add.error} />
      <TextInput
        label={t('customer.name')}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
        withAsterisk
        data-autofocus
      />
      <TextInput
        label={t('customer.email')}
        type="email"
        value={email}
        maxLength={320}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <div className={classes.buttons}>
        <Button
          variant="default"
          size="xs"
          loading={add.isPending}
          disabled={name.trim() === ''}
          onClick={() => add.mutate(null)}
        >
          {t('customer.add')}
        </Button>
        <Button variant="subtle" size="xs" onClick={onCancel}>
          {common('cancel')}
        </Button>
      </div>
    </div>
  );
}
