import { Skeleton, Stack, useComputedColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tenant } from '../../api';
import {
  loyaltyListProgramsOptions,
  tenantsSettingsOptions,
  tenantsSettingsQueryKey,
} from '../../api/@tanstack/react-query.gen';
import { PersonFrame } from '../../shell/customer/PersonFrame';
import { ME_KEY, tenantHeader, useMe } from '../../shell/session';
import { showAccent } from '../../ui/accent';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { STEPS, type Step } from './setup/address';
import { BusinessStep } from './setup/BusinessStep';
import { CardStep } from './setup/CardStep';
import { PosterStep } from './setup/PosterStep';
import { Steps } from './setup/Steps';

/** From nothing to a poster in three steps. Which business and which step is in the address. */
export function Setup() {
  const { business = '' } = useSearch({ from: '/start' });
  const { data: me } = useMe();
  const opened = me?.businesses.some((one) => one.tenant === business) ?? false;
  const settings = useQuery({
    ...tenantsSettingsOptions({ path: { tenant_id: business }, headers: tenantHeader(business) }),
    enabled: opened,
  });
  return (
    <PersonFrame>
      {opened && settings.data === undefined ? (
        <Loaded query={settings} skeleton={<Skeleton height={480} radius="lg" />}>
          {() => null}
        </Loaded>
      ) : (
        <Begun key={business} id={business} tenant={settings.data} />
      )}
    </PersonFrame>
  );
}

function Begun({ id, tenant }: { id: string; tenant: Tenant | undefined }) {
  const { t } = useTranslation('programs');
  const { step = 'business' } = useSearch({ from: '/start' });
  const navigate = useNavigate();
  const client = useQueryClient();
  const programs = useQuery({
    ...loyaltyListProgramsOptions({ headers: tenantHeader(id) }),
    enabled: tenant !== undefined,
  });
  const promised = programs.data?.some(({ status }) => status === 'active') ?? false;
  const done = tenant === undefined ? 0 : promised ? 2 : 1;
  // Nobody gets ahead of what is done, whatever the address says.
  const current =
    STEPS[Math.min(STEPS.indexOf(step), programs.isPending ? STEPS.length : done)] ?? 'business';
  const [chosen, setChosen] = useState('');
  useAccent(current === 'business' ? chosen : tenant?.accent);
  const heading = useFocusOnChange(current);
  const go = (to: Step) =>
    navigate({ to: '/start', search: { business: id, ...(to !== 'business' && { step: to }) } });
  const shown = async (opened: Tenant) => {
    client.setQueryData(
      tenantsSettingsQueryKey({ path: { tenant_id: id }, headers: tenantHeader(id) }),
      opened,
    );
    await client.invalidateQueries({ queryKey: ME_KEY });
    await go('card');
  };
  return (
    <div ref={heading} tabIndex={-1} style={{ outline: 'none' }}>
      <Page title={t(`setup.title.${current}`)} description={t(`setup.description.${current}`)}>
        <Stack gap="xl">
          <Steps current={current} done={done} onGo={(to) => void go(to)} />
          {current === 'business' || tenant === undefined ? (
            <BusinessStep id={id} tenant={tenant} onAccent={setChosen} onDone={shown} />
          ) : current === 'card' ? (
            <CardStep tenant={tenant} onBack={() => void go('business')} onDone={() => void go('poster')} />
          ) : (
            <PosterStep tenant={tenant} />
          )}
        </Stack>
      </Page>
    </div>
  );
}

/** The page takes on the business's colour as soon as it is chosen. */
function useAccent(accent: string | null | undefined): void {
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    showAccent(accent, scheme);
    return () => showAccent(null, scheme);
  }, [accent, scheme]);
}

/** A new step is begun from its top by those who read with the keyboard, too. */
function useFocusOnChange(step: Step) {
  const ref = useRef<HTMLDivElement>(null);
  const last = useRef(step);
  useEffect(() => {
    if (last.current !== step) ref.current?.focus();
    last.current = step;
  }, [step]);
  return ref;
}
