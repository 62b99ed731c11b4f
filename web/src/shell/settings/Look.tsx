import { Button, ColorInput, FileButton, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconPhotoUp } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Tenant, tenantsPutLogo, tenantsTakeLogoAway } from '../../api';
import { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { isAccent } from '../../ui/accent';
import { Brand } from '../../ui/Brand';
import { ConfirmButton } from '../../ui/ConfirmButton';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { StampCard } from '../../ui/StampCard';
import { useNotice } from '../../ui/useNotice';
import { useSaid } from '../said';
import { useBusiness } from '../session';
import { useChangeTenant, useShowTenant } from './changes';
import classes from './Look.module.css';
import { smaller, TYPES } from './picture';

/** Colours to begin with: each can be read in both schemes. */
const SWATCHES = [
  '#0d6b62',
  '#1f5f8b',
  '#3d4f7a',
  '#6b3fa0',
  '#9c2f5c',
  '#b3261e',
  '#a3481c',
  '#6d5a12',
  '#3f6b2a',
  '#4a4038',
];

/** Logo and colour, with a card that shows at once what they make of it. */
export function Look({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('people');
  const said = useSaid();
  const { may } = useBusiness();
  const [accent, setAccent] = useState(tenant.accent ?? '');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const change = useChangeTenant({ onError: setProblem });
  const locked = !may('tenants.manage');
  const wanted = accent === '' ? null : accent.toLowerCase();
  const malformed = wanted !== null && !isAccent(wanted);
  return (
    <Panel title={t('look')} description={t('look.description')}>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="lg">
        <Stack gap="lg">
          <Logo tenant={tenant} locked={locked} />
          <form
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              setProblem(null);
              if (!malformed) change.mutate({ accent: wanted });
            }}
          >
            <Stack gap="sm">
              <FormError problem={problem && said(problem)} />
              <ColorInput
                label={t('look.accent')}
                description={t('look.accentHint')}
                placeholder="#0d6b62"
                format="hex"
                swatches={SWATCHES}
                swatchesPerRow={5}
                value={accent}
                onChange={setAccent}
                error={malformed && t('look.accentMalformed')}
                disabled={locked}
                eyeDropperButtonProps={{ 'aria-label': t('look.pick') }}
              />
              <Group gap="sm">
                <Button
                  type="submit"
                  loading={change.isPending}
                  disabled={locked || malformed || wanted === tenant.accent}
                >
                  {t('save')}
                </Button>
                {wanted !== null && !locked && (
                  <Button variant="subtle" color="gray" onClick={() => setAccent('')}>
                    {t('look.ours')}
                  </Button>
                )}
              </Group>
            </Stack>
          </form>
        </Stack>
        <Stack gap="xs">
          <Text size="sm" c="dimmed">
            {t('look.preview')}
          </Text>
          <StampCard
            business={tenant.name}
            program={t('look.program')}
            reward={t('look.reward')}
            stamps={4}
            required={8}
            logoUrl={tenant.logo_url}
            accent={malformed ? tenant.accent : wanted}
          />
        </Stack>
      </SimpleGrid>
    </Panel>
  );
}

function Logo({ tenant, locked }: { tenant: Tenant; locked: boolean }) {
  const { t } = useTranslation('people');
  const notice = useNotice();
  const said = useSaid();
  const { headers } = useBusiness();
  const show = useShowTenant();
  const [broken, setBroken] = useState(false);
  const put = useCommand({
    send: async (file: File) => {
      const picture = await smaller(file);
      return tenantsPutLogo({
        path: { tenant_id: tenant.id },
        body: picture,
        headers: { ...headers, 'Content-Type': picture.type },
      });
    },
    onError: (error) => setBroken(!(error instanceof ApiProblem)),
    onSuccess: async (changed) => {
      notice(t('look.logoSaved'));
      await show(changed);
    },
  });
  const takeAway = async () => {
    const { data } = await tenantsTakeLogoAway({ path: { tenant_id: tenant.id }, headers });
    await show(data);
  };
  return (
    <div>
      <Text size="sm" fw={600} mb={6}>
        {t('look.logo')}
      </Text>
      <Group gap="md" wrap="nowrap" align="center">
        <Brand name={tenant.name} logoUrl={tenant.logo_url} size={72} />
        <Stack gap="xs" className={classes.beside}>
          <Group gap="xs">
            <FileButton
              onChange={(file) => {
                setBroken(false);
                if (file !== null) put.mutate(file);
              }}
              accept={TYPES.join(',')}
              disabled={locked}
            >
              {(props) => (
                <Button
                  {...props}
                  variant="default"
                  size="xs"
                  loading={put.isPending}
                  disabled={locked}
                  leftSection={<IconPhotoUp size={16} aria-hidden="true" />}
                >
                  {t(tenant.logo_url === null ? 'look.upload' : 'look.replace')}
                </Button>
              )}
            </FileButton>
            {tenant.logo_url !== null && !locked && (
              <ConfirmButton
                size="xs"
                label={t('look.remove')}
                title={t('look.removeTitle')}
                message={t('look.removeText')}
                confirm={t('look.remove')}
                danger
                onConfirm={takeAway}
              />
            )}
          </Group>
          <Text size="xs" c="dimmed">
            {t('look.logoHint')}
          </Text>
        </Stack>
      </Group>
      {broken ? (
        <Text role="alert" size="sm" c="red" mt="xs">
          {t('look.notAPicture')}
        </Text>
      ) : (
        put.error instanceof ApiProblem && <FormError problem={said(put.error)} />
      )}
    </div>
  );
}
