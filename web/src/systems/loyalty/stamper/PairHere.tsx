import { Button, Divider, Paper, Stack, Text, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { devicesAddDevice, devicesIssueCode } from '../../../api';
import type { ApiProblem } from '../../../client';
import { placeOptions, tenantHeader, useMe } from '../../../shell/session';
import { Brand } from '../../../ui/Brand';
import { FormError } from '../../../ui/FormError';
import { problemOf } from './device';
import { newId } from './ids';
import classes from './PairPhone.module.css';
import type { Pairing } from './stamper';

interface PairHereProps {
  /** What this phone was before; it becomes the same device again. */
  before: Pairing | null;
  onCode: (code: string) => Promise<unknown>;
}

/** For an owner or a manager who is signed in on this phone: pairing is one tap. Nothing for anybody else. */
export function PairHere({ before, onCode }: PairHereProps) {
  const { t } = useTranslation('stamper');
  const { data: me } = useMe();
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const theirs = me?.businesses.filter(({ systems }) => systems.includes('loyalty')) ?? [];
  const places = useQueries({ queries: theirs.map(({ tenant }) => placeOptions(tenant)) });
  const manages = theirs.filter((_, at) => places[at]?.data?.grants.includes('devices.manage'));
  if (manages.length === 0) return null;
  const pair = async (tenant: string) => {
    setBusy(tenant);
    setProblem(null);
    try {
      const headers = tenantHeader(tenant);
      const name = t('pair.phoneOf', { name: me?.user.name ?? '' });
      const { data } =
        before?.business.tenant_id === tenant
          ? await devicesIssueCode({ path: { device_id: before.device.id }, headers })
          : await devicesAddDevice({ body: { id: newId(), name }, headers });
      // What goes wrong from here on, the form for codes says.
      await onCode(data.code).catch(() => {});
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <>
      <Paper className={classes.sheet} component="section" aria-labelledby="pair-here">
        <Stack gap="md">
          <div>
            <Title order={2} size="h3" id="pair-here">
              {t('pair.here')}
            </Title>
            <Text c="dimmed" size="sm">
              {t('pair.hereWhy', { name: me?.user.name ?? '' })}
            </Text>
          </div>
          <FormError problem={problem} />
          {manages.map(({ tenant, name, logo_url }) => (
            <Button
              key={tenant}
              size="lg"
              fullWidth
              loading={busy === tenant}
              disabled={busy !== null && busy !== tenant}
              onClick={() => void pair(tenant)}
              leftSection={<Brand name={name} logoUrl={logo_url} size={32} />}
            >
              {manages.length === 1 ? t('pair.one') : name}
            </Button>
          ))}
        </Stack>
      </Paper>
      <Divider label={t('pair.or')} />
    </>
  );
}
