import { Alert, Radio, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { paymentsListProvidersOptions } from '../../api/@tanstack/react-query.gen';
import { ApiProblem } from '../../client';
import { useBusiness } from '../../shell/session';
import { Loaded } from '../../ui/Loaded';
import { StatusBadge } from '../../ui/StatusBadge';
import { useNotice } from '../../ui/useNotice';
import { Sheet, SheetForm } from '../parts/Sheet';
import type { Provider } from '../types';
import { useAddConnection } from './commands';
import { KeyFields } from './KeyFields';
import { modeOf, PROVIDERS } from './providers';

/** Connect a provider: choose it, give its keys; test or live follows from them. */
export function ConnectDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const providers = useQuery({ ...paymentsListProvidersOptions({ headers }), enabled: opened });
  return (
    <Sheet opened={opened} onClose={onClose} title={t('connect.title')}>
      <Loaded query={providers} skeleton={<Skeleton height={220} />}>
        {({ items }) => <ConnectForm providers={items} onClose={onClose} />}
      </Loaded>
    </Sheet>
  );
}

function ConnectForm({ providers, onClose }: { providers: readonly Provider[]; onClose: () => void }) {
  const { t } = useTranslation('money');
  const notice = useNotice();
  const add = useAddConnection();
  const [chosen, setChosen] = useState(providers[0]);
  const [name, setName] = useState('');
  const [keys, setKeys] = useState<Readonly<Record<string, string>>>({});
  const [tried, setTried] = useState(false);
  if (chosen === undefined) return null;
  const { provider, sandbox, fields } = chosen;
  const errors = Object.fromEntries(
    fields.map((field) => [
      field.name,
      tried && !sandbox && (keys[field.name] ?? '').trim() === '' ? t('keys.missing') : undefined,
    ]),
  );
  const mode = sandbox ? 'test' : modeOf(keys);
  const send = () => {
    setTried(true);
    const given = Object.fromEntries(fields.map((field) => [field.name, (keys[field.name] ?? '').trim()]));
    if (!sandbox && Object.values(given).includes('')) return;
    add.mutate(
      { provider, ...(sandbox ? {} : { credentials: given }), ...(name.trim() && { name: name.trim() }) },
      {
        onSuccess: () => {
          notice(t('connect.done', { provider: PROVIDERS[provider].name }));
          onClose();
        },
      },
    );
  };
  return (
    <SheetForm
      onSubmit={send}
      onClose={onClose}
      problem={add.error instanceof ApiProblem ? add.error : null}
      busy={add.isPending}
      deed={t('connect.deed')}
    >
      <Radio.Group
        label={t('connect.which')}
        value={provider}
        onChange={(value) => {
          setChosen(providers.find((one) => one.provider === value));
          setKeys({});
          setTried(false);
        }}
      >
        <Stack gap="xs" mt="xs">
          {providers.map((one) => (
            <Radio
              key={one.provider}
              value={one.provider}
              label={PROVIDERS[one.provider].name}
              description={t(`connect.about.${one.provider}`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      {sandbox ? (
        <Alert variant="light" color="blue" icon={<IconFlask aria-hidden="true" />}>
          <Text size="sm">{t('connect.sandbox')}</Text>
        </Alert>
      ) : (
        <>
          <TextInput
            label={t('connect.name')}
            placeholder={PROVIDERS[provider].name}
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <KeyFields
            fields={fields}
            values={keys}
            errors={errors}
            onChange={(field, value) => setKeys({ ...keys, [field]: value })}
          />
        </>
      )}
      {mode !== null && (
        <div role="status">
          <StatusBadge tone={mode === 'live' ? 'good' : 'warn'}>
            {t(mode === 'live' ? 'connect.live' : 'connect.test')}
          </StatusBadge>
        </div>
      )}
    </SheetForm>
  );
}
