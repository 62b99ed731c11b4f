import { Button, Skeleton, Stack, Title } from '@mantine/core';
import { IconPlus, IconRubberStamp } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { loyaltyListProgramsOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Page } from '../../ui/Page';
import { NEW } from './programs/address';
import { ProgramDrawer } from './programs/ProgramDrawer';
import { ProgramTile } from './programs/ProgramTile';

/** What the business promises: its programs, and the one that is being changed beside them. */
export function Programs() {
  const { t } = useTranslation('programs');
  const business = useBusiness();
  const navigate = useNavigate();
  const { program: chosen } = useSearch({ from: '/console/$slug/loyalty/programs' });
  const programs = useQuery(loyaltyListProgramsOptions({ headers: business.headers }));
  const manages = business.may('loyalty.manage');
  const show = (program?: string) =>
    void navigate({
      to: '/console/$slug/loyalty/programs',
      params: { slug: business.slug },
      search: program === undefined ? {} : { program },
    });
  const open = (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => show(NEW)}>
      {t('open')}
    </Button>
  );
  const changed = programs.data?.find((program) => program.id === chosen);
  return (
    <Page title={t('title')} description={t('description')} actions={manages && open}>
      <Loaded
        query={programs}
        skeleton={
          <Stack>
            <Skeleton height={260} radius="lg" />
            <Skeleton height={260} radius="lg" />
          </Stack>
        }
        isEmpty={(found) => found.length === 0}
        empty={
          <Empty
            icon={<IconRubberStamp size={40} stroke={1.4} aria-hidden="true" />}
            title={t('empty.title')}
            action={manages && open}
          >
            {t('empty.text')}
          </Empty>
        }
      >
        {(found) => {
          const archived = found.filter((program) => program.status === 'archived');
          return (
            <Stack>
              {found
                .filter((program) => program.status === 'active')
                .map((program) => (
                  <ProgramTile key={program.id} program={program} onChange={() => show(program.id)} />
                ))}
              {archived.length > 0 && (
                <>
                  <Title order={2} size="h3" mt="md">
                    {t('archived.title')}
                  </Title>
                  {archived.map((program) => (
                    <ProgramTile key={program.id} program={program} onChange={() => show(program.id)} />
                  ))}
                </>
              )}
            </Stack>
          );
        }}
      </Loaded>
      {manages && (
        <ProgramDrawer
          opened={chosen === NEW || changed !== undefined}
          program={changed}
          onClose={() => show()}
        />
      )}
    </Page>
  );
}
