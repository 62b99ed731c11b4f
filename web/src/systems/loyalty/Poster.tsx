import { Skeleton, Stack } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPrinter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Program } from '../../api';
import { loyaltyListProgramsOptions } from '../../api/@tanstack/react-query.gen';
import { isLanguage, type Language } from '../../i18n';
import { LinkButton } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { Copyable } from '../../ui/Copyable';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import classes from './Poster.module.css';
import { joinAddress } from './poster/address';
import { PosterActions } from './poster/PosterActions';
import { type Choice, PosterControls } from './poster/PosterControls';
import { PosterSheet } from './poster/PosterSheet';
import { Printed } from './poster/Printed';
import { NEW } from './programs/address';

/** The poster that guests enrol by: chosen and worded here, printed from here. */
export function Poster() {
  const { t } = useTranslation('programs');
  const business = useBusiness();
  const programs = useQuery(loyaltyListProgramsOptions({ headers: business.headers }));
  return (
    <Page title={t('poster.title')} description={t('poster.description')}>
      <Loaded query={programs} skeleton={<Skeleton height={560} radius="lg" />}>
        {(found) => {
          const active = found.filter((program) => program.status === 'active');
          const [first, ...others] = active;
          return first === undefined ? <NoProgram /> : <Workshop programs={[first, ...others]} />;
        }}
      </Loaded>
    </Page>
  );
}

function NoProgram() {
  const { t } = useTranslation('programs');
  const business = useBusiness();
  return (
    <Empty
      icon={<IconPrinter size={40} stroke={1.4} aria-hidden="true" />}
      title={t('poster.noProgram')}
      action={
        business.may('loyalty.manage') && (
          <LinkButton
            to="/console/$slug/loyalty/programs"
            params={{ slug: business.slug }}
            search={{ program: NEW }}
          >
            {t('open')}
          </LinkButton>
        )
      }
    >
      {t('poster.noProgramText')}
    </Empty>
  );
}

function Workshop({ programs }: { programs: readonly [Program, ...Program[]] }) {
  const { t, i18n } = useTranslation('programs');
  const business = useBusiness();
  const search = useSearch({ from: '/console/$slug/loyalty/poster' });
  const navigate = useNavigate();
  const program = programs.find(({ id }) => id === search.program) ?? programs[0];
  const spoken = business.languages.find(isLanguage) ?? (i18n.language as Language);
  const [choice, setChoice] = useState<Choice>({
    program: program.id,
    look: search.look ?? 'calm',
    paper: search.paper ?? 'A4',
    language: search.lang ?? spoken,
    headline: search.headline ?? '',
    reward: search.reward ?? '',
  });
  const { t: printed } = useTranslation('poster', { lng: choice.language });
  // The address follows the typing at a distance.
  const keep = useDebouncedCallback((kept: Choice) => {
    void navigate({
      to: '/console/$slug/loyalty/poster',
      params: { slug: business.slug },
      search: {
        ...(kept.program !== programs[0].id && { program: kept.program }),
        ...(kept.look !== 'calm' && { look: kept.look }),
        ...(kept.paper !== 'A4' && { paper: kept.paper }),
        ...(kept.language !== spoken && { lang: kept.language }),
        ...(kept.headline !== '' && { headline: kept.headline }),
        ...(kept.reward !== '' && { reward: kept.reward }),
      },
      replace: true,
      resetScroll: false,
    });
  }, 400);
  const change = (part: Partial<Choice>) => {
    const changed = { ...choice, ...part };
    setChoice(changed);
    keep(changed);
  };
  const shown = programs.find(({ id }) => id === choice.program) ?? program;
  // With one program alone the short address will do, and goes on leading to whatever comes first.
  const address = joinAddress(business.slug, programs.length > 1 ? shown.id : undefined);
  const sheet = (
    <PosterSheet
      business={business}
      program={shown}
      look={choice.look}
      language={choice.language}
      address={address}
      headline={choice.headline}
      reward={choice.reward}
    />
  );
  return (
    <div className={classes.workshop}>
      <Stack gap="md">
        <PosterActions address={address} slug={business.slug} />
        <Panel>
          <PosterControls
            choice={choice}
            programs={programs}
            usual={{ headline: printed('headline'), reward: shown.reward }}
            onChange={change}
          />
        </Panel>
        <Copyable value={address} label={t('poster.address')} />
      </Stack>
      <section className={classes.preview} aria-label={t('poster.preview')}>
        <div className={classes.paper}>{sheet}</div>
      </section>
      <Printed paper={choice.paper}>{sheet}</Printed>
    </div>
  );
}
