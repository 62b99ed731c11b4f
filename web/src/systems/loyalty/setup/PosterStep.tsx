import { Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconChartHistogram, IconDeviceMobile, IconPalette, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Tenant } from '../../../api';
import { loyaltyListProgramsOptions } from '../../../api/@tanstack/react-query.gen';
import { isLanguage, type Language } from '../../../i18n';
import { LinkButton } from '../../../shell/links';
import { tenantHeader } from '../../../shell/session';
import { Copyable } from '../../../ui/Copyable';
import { Loaded } from '../../../ui/Loaded';
import { joinAddress } from '../poster/address';
import { PosterActions } from '../poster/PosterActions';
import { PosterSheet } from '../poster/PosterSheet';
import { Printed } from '../poster/Printed';
import { Desk } from './Desk';
import classes from './PosterStep.module.css';

/** The poster, ready to print, and what comes next. */
export function PosterStep({ tenant }: { tenant: Tenant }) {
  const { t, i18n } = useTranslation('programs');
  const programs = useQuery(loyaltyListProgramsOptions({ headers: tenantHeader(tenant.id) }));
  const address = joinAddress(tenant.slug);
  return (
    <Loaded query={programs} skeleton={<Skeleton height={520} radius="lg" />}>
      {(found) => {
        const program = found.find(({ status }) => status === 'active');
        const sheet = program && (
          <PosterSheet
            business={tenant}
            program={program}
            look="calm"
            language={tenant.languages.find(isLanguage) ?? (i18n.language as Language)}
            address={address}
          />
        );
        return (
          <Desk label={t('poster.preview')} preview={<div className={classes.paper}>{sheet}</div>}>
            <Stack gap="xl">
              <Stack gap="md">
                <PosterActions address={address} slug={tenant.slug} />
                <Copyable value={address} label={t('poster.address')} />
                <Text c="dimmed" size="sm">
                  {t('setup.tryHint')}
                </Text>
              </Stack>
              <NextSteps slug={tenant.slug} />
            </Stack>
            <Printed paper="A4">{sheet}</Printed>
          </Desk>
        );
      }}
    </Loaded>
  );
}

function NextSteps({ slug }: { slug: string }) {
  const { t } = useTranslation('programs');
  const params = { slug };
  const steps = [
    { name: 'stamper', icon: IconDeviceMobile, to: '/console/$slug/loyalty/devices' },
    { name: 'staff', icon: IconUserPlus, to: '/console/$slug/people' },
    { name: 'looks', icon: IconPalette, to: '/console/$slug/loyalty/poster' },
  ] as const;
  return (
    <section aria-labelledby="next-steps">
      <Title order={2} size="h3" id="next-steps" mb="sm">
        {t('setup.nextSteps')}
      </Title>
      <ul className={classes.steps}>
        {steps.map(({ name, icon: Icon, to }) => (
          <li key={name} className={classes.step}>
            <Icon size={24} stroke={1.6} aria-hidden="true" />
            <div>
              <Text fw={600}>{t(`setup.next.${name}`)}</Text>
              <Text size="sm" c="dimmed">
                {t(`setup.next.${name}.text`)}
              </Text>
            </div>
            <LinkButton to={to} params={params} variant="default" size="xs">
              {t(`setup.next.${name}.go`)}
            </LinkButton>
          </li>
        ))}
      </ul>
      <Group mt="lg">
        <LinkButton
          to="/console/$slug/loyalty"
          params={params}
          size="md"
          leftSection={<IconChartHistogram size={18} aria-hidden="true" />}
        >
          {t('setup.finish')}
        </LinkButton>
      </Group>
    </section>
  );
}
