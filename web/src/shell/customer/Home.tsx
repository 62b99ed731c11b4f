import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconCards, IconCloudUp } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api';
import { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { Ago } from '../../ui/Ago';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { LoadMore } from '../../ui/LoadMore';
import { Page } from '../../ui/Page';
import { ProblemNotice } from '../../ui/ProblemNotice';
import { InFrame } from '../Framed';
import { LinkButton } from '../links';
import { workplaces } from '../next';
import { mayBeSignedIn, useMe } from '../session';
import type { Holding, Kept } from '../systems';
import { HoldingList } from './HoldingList';
import classes from './Home.module.css';
import { useHoldings, useHomeParts, useKept } from './holdings';
import { PersonFrame } from './PersonFrame';
import { Workplaces } from './Workplaces';

/** Everything that one person holds, across businesses, in one list; and what this browser keeps without an account. */
export function Home() {
  return (
    <PersonFrame>
      <InFrame value={true}>
        <Everything />
      </InFrame>
    </PersonFrame>
  );
}

function Everything() {
  const { t } = useTranslation();
  const me = useMe();
  const held = useHoldings(me.data);
  const kept = useKept(held.items);
  const person = me.data ?? null;
  const { parts, isPending } = useHomeParts(me.data);
  const waiting = (me.isPending && mayBeSignedIn()) || held.isPending || kept.isPending || isPending;
  const none = held.problem === null && held.items.length === 0 && kept.items.length === 0;
  const nothing = !waiting && none && parts.length === 0;
  return (
    <Page title={t('home.title')} description={t('home.description')}>
      {person !== null && workplaces(person).length > 0 && <Workplaces me={person} />}
      {held.knownAt !== null && (
        <Text size="sm" c="dimmed" role="status">
          {t('home.old')} <Ago at={new Date(held.knownAt).toISOString()} />
        </Text>
      )}
      {held.problem !== null && <ProblemNotice problem={held.problem} onRetry={held.retry} />}
      {!waiting &&
        person !== null &&
        parts.map(({ name, Section }) => (
          <Suspense key={name} fallback={<Skeleton height={120} radius="lg" />}>
            <Section person={person.user.id} />
          </Suspense>
        ))}
      {waiting ? (
        <Waiting />
      ) : nothing ? (
        <Nothing me={person} />
      ) : (
        <>
          <HoldingList items={held.items} signedIn={person !== null && held.knownAt === null} />
          <LoadMore query={held.query} />
          {kept.items.length > 0 && <KeptHere kept={kept.items} person={person} />}
        </>
      )}
    </Page>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-busy="true" aria-label={t('home.loading')} className={classes.cards}>
      <Skeleton height={230} radius="lg" />
      <Skeleton height={230} radius="lg" />
    </div>
  );
}

function Nothing({ me }: { me: Me | null }) {
  const { t } = useTranslation();
  const signedIn = me !== null;
  const works = me !== null && workplaces(me).length > 0;
  return (
    <div className={classes.nothing}>
      <Empty
        icon={<IconCards size={44} stroke={1.3} aria-hidden="true" />}
        title={t('home.empty')}
        action={
          <Group gap="sm" justify="center">
            {!signedIn && (
              <LinkButton to="/sign-in" search={{ next: '/home' }}>
                {t('signIn.submit')}
              </LinkButton>
            )}
            {!works && (
              <LinkButton
                to={signedIn ? '/start' : '/register'}
                search={signedIn ? {} : { next: '/start' }}
                variant="default"
              >
                {t('home.openBusiness')}
              </LinkButton>
            )}
          </Group>
        }
      >
        {t('home.emptyText')}
      </Empty>
    </div>
  );
}

/** Cards of this browser; an account keeps them when the phone is lost. */
function KeptHere({ kept, person }: { kept: Kept[]; person: Me | null }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const keep = useCommand({
    send: async (wanted: Kept[]) => {
      for (const one of wanted) await one.keep();
      return { data: null };
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['holdings'] }),
  });
  const holdings: Holding[] = kept.map((one) => one.holding);
  return (
    <Stack component="section" gap="md" aria-labelledby="kept">
      <Stack gap={4}>
        <Title order={2} size="h3" id="kept">
          {t('home.kept')}
        </Title>
        <Text c="dimmed" size="sm" maw={560}>
          {t('home.keptText')}
        </Text>
      </Stack>
      <FormError problem={keep.error instanceof ApiProblem ? keep.error : null} />
      <Group gap="sm">
        {person === null ? (
          <>
            <LinkButton
              to="/register"
              search={{ next: '/home' }}
              leftSection={<IconCloudUp size={18} aria-hidden="true" />}
            >
              {t('home.makeAccount')}
            </LinkButton>
            <LinkButton to="/sign-in" search={{ next: '/home' }} variant="default">
              {t('signIn.submit')}
            </LinkButton>
          </>
        ) : (
          <Button
            leftSection={<IconCloudUp size={18} aria-hidden="true" />}
            loading={keep.isPending}
            onClick={() => keep.mutate(kept)}
          >
            {t('home.keep', { count: kept.length })}
          </Button>
        )}
      </Group>
      <HoldingList items={holdings} signedIn={false} />
    </Stack>
  );
}
