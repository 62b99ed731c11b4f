import { Skeleton, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { paymentsListProvidersOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { useNotice } from '../../ui/useNotice';
import { Sheet, SheetForm } from '../parts/Sheet';
import type { Connection } from '../types';
import { useChangeConnection } from './commands';
import { KeyFields } from './KeyFields';

interface KeysDialogProps {
  connection: Connection;
  opened: boolean;
  onClose: () => void;
}

/** Its name, and new keys in the place of the old ones. */
export function KeysDialog({ connection, opened, onClose }: KeysDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('keys.title')}>
      <KeysForm connection={connection} onClose={onClose} />
    </Sheet>
  );
}

function KeysForm({ connection, onClose }: Omit<KeysDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { t: common } = useTranslation('ui');
  const { headers } = useBusiness();
  const notice = useNotice();
  const change = useChangeConnection();
  const providers = useQuery(paymentsListProvidersOptions({ headers }));
  const [name, setName] = useState(connection.name);
  const [keys, setKeys] = useState<Readonly<Record<string, string>>>({});
  const fields = providers.data?.items.find(({ provider }) => provider === connection.provider)?.fields;
  const given = Object.fromEntries(
    Object.entries(keys)
      .map(([field, value]) => [field, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
  return (
    <SheetForm
      onSubmit={() =>
        change.mutate(
          {
            id: connection.id,
            ...(name.trim() !== connection.name && { name: name.trim() }),
            ...(Object.keys(given).length > 0 && { credentials: given }),
          },
          {
            onSuccess: () => {
              notice(common('saved'));
              onClose();
            },
          },
        )
      }
      onClose={onClose}
      problem={change.error}
      busy={change.isPending}
      deed={common('save')}
    >
      <TextInput
        label={t('connect.name')}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Text size="sm" c="dimmed">
        {t('keys.text')}
      </Text>
      {fields === undefined ? (
        <Skeleton height={120} />
      ) : (
        <KeyFields
          fields={fields}
          values={keys}
          errors={{}}
          kept
          onChange={(field, value) => setKeys({ ...keys, [field]: value })}
        />
      )}
    </SheetForm>
  );
}
