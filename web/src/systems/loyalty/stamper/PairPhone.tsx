import { Alert, Box, Button, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconAlertTriangle, IconDeviceMobilePlus, IconLinkOff } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../../client';
import { Brand } from '../../../ui/Brand';
import { FormError } from '../../../ui/FormError';
import { pairingCode } from './codes';
import { problemOf } from './device';
import { InstallHint } from './InstallHint';
import { CannotKeep } from './kept';
import { PairHere } from './PairHere';
import classes from './PairPhone.module.css';
import { stamper, type View } from './stamper';
import { inOne, useSaid } from './useSaid';

const LENGTH = 8;

/** However it is typed: capitals, and a hyphen in the middle. */
function tidy(typed: string): string {
  const plain = typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .slice(0, LENGTH);
  return plain.length > LENGTH / 2 ? `${plain.slice(0, 4)}-${plain.slice(4)}` : plain;
}

function useAddressCode(): [string, (code: string) => void] {
  const [code, setCode] = useState(() => tidy(pairingCode(location.hash) ?? ''));
  useEffect(() => {
    const listen = () => {
      const found = pairingCode(location.hash);
      if (found === null) return;
      setCode(tidy(found));
      // A code is good once; it need not stand in the history.
      history.replaceState(history.state, '', location.pathname + location.search);
    };
    listen();
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  return [code, setCode];
}

/** This phone becomes a device of a business: by a code, or by the owner who is signed in on it. */
export function PairPhone({ view }: { view: View }) {
  const { t } = useTranslation('stamper');
  const said = useSaid();
  const [code, setCode] = useAddressCode();
  const pair = useMutation<void, ApiProblem | CannotKeep, string>({
    mutationFn: (given) =>
      stamper.pair(given).catch((error: unknown) => {
        throw error instanceof CannotKeep ? error : problemOf(error);
      }),
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (code !== '') pair.mutate(code);
  };
  const problem = pair.error instanceof CannotKeep ? null : pair.error;
  const broken = pair.error instanceof CannotKeep ? pair.error.reason : view.broken;
  const ended = view.pairing?.ended ?? null;
  return (
    <Box component="main" className={classes.page}>
      <Stack gap="lg">
        <Stack gap="xs" align="center" ta="center">
          {view.pairing === null ? (
            <span className={classes.emblem} aria-hidden="true">
              <IconDeviceMobilePlus size={34} stroke={1.6} />
            </span>
          ) : (
            <Brand name={view.pairing.business.name} logoUrl={view.pairing.logo} size={64} />
          )}
          <Title order={1}>{t(ended === null ? 'pair.title' : 'pair.again')}</Title>
          <Text c="dimmed">{t('pair.intro')}</Text>
        </Stack>
        {ended !== null && (
          <Alert role="alert" variant="light" color="red" icon={<IconLinkOff />} title={inOne(said(ended))}>
            {view.waiting > 0 ? t('pair.waits', { count: view.waiting }) : t('pair.nothingWaits')}
          </Alert>
        )}
        {view.elsewhere > 0 && (
          <Alert variant="light" color="yellow" icon={<IconAlertTriangle />}>
            {t('pair.elsewhere', { count: view.elsewhere })}
          </Alert>
        )}
        {broken !== null && (
          <Alert role="alert" variant="light" color="red" icon={<IconAlertTriangle />}>
            {t(`broken.${broken}`)}
          </Alert>
        )}
        <PairHere before={view.pairing} onCode={(given) => pair.mutateAsync(given)} />
        <Paper className={classes.sheet} component="section" aria-label={t('pair.byCode')}>
          <form onSubmit={send}>
            <Stack gap="md">
              <FormError problem={problem} />
              <TextInput
                label={t('pair.code')}
                description={t('pair.where')}
                value={code}
                onChange={(event) => setCode(tidy(event.currentTarget.value))}
                placeholder="XXXX-XXXX"
                autoComplete="off"
                autoCapitalize="characters"
                spellCheck={false}
                inputMode="text"
                size="xl"
                classNames={{ input: classes.code ?? '' }}
              />
              <Button type="submit" size="xl" fullWidth disabled={code === ''} loading={pair.isPending}>
                {t('pair.submit')}
              </Button>
            </Stack>
          </form>
        </Paper>
        <InstallHint first />
      </Stack>
    </Box>
  );
}
