import { Stack, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Tenant } from '../../api';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { useSaid } from '../said';
import { useBusiness } from '../session';
import { useSystems } from '../systems';
import { useChangeTenant } from './changes';

/** Which systems a business uses; one that is switched off keeps what it knows. */
export function Systems({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation(['people', 'shell']);
  const said = useSaid();
  const { may } = useBusiness();
  const change = useChangeTenant();
  return (
    <Panel title={t('systems')} description={t('systems.description')}>
      <Stack gap="md">
        <FormError problem={change.error && said(change.error)} />
        {useSystems()
          .filter(({ always }) => !always)
          .map((system) => (
            <Switch
              key={system.name}
              label={t(`shell:${system.label}`)}
              description={t(`shell:${system.description}`)}
              checked={tenant.systems.includes(system.name)}
              disabled={!may('tenants.manage') || change.isPending}
              onChange={(event) =>
                change.mutate({
                  systems: event.currentTarget.checked
                    ? [...tenant.systems, system.name]
                    : tenant.systems.filter((name) => name !== system.name),
                })
              }
            />
          ))}
      </Stack>
    </Panel>
  );
}
