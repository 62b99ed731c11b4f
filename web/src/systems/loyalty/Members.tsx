import { Button, Group, Switch, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { IconSearch, IconUserPlus } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  loyaltyListCustomersInfiniteOptions,
  loyaltyShowMetricsOptions,
} from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Page } from '../../ui/Page';
import { Panel } from '../../ui/Panel';
import { memberFilter, USUAL_WINDOW } from './address';
import { EnrolDialog } from './members/EnrolDialog';
import { MemberList } from './members/MemberList';
import classes from './members/MemberList.module.css';
import { ProgramSelect } from './ProgramSelect';

const route = getRouteApi('/console/$slug/loyalty/members');
const PAGE = 50;
const MOST_ASKED_AGAIN = 4;
const TYPING_MS = 250;

/** Everybody who carries a card: found by name or number, filtered, page by page. */
export function Members() {
  const { t } = useTranslation('loyalty');
  const business = useBusiness();
  const { headers } = business;
  const { count } = useFormats();
  const { search, program, risk } = route.useSearch();
  const navigate = route.useNavigate();
  const [enrolling, enrol] = useDisclosure(false);
  const metrics = useQuery(loyaltyShowMetricsOptions({ headers, query: { window_days: USUAL_WINDOW } }));
  const question = {
    headers,
    path: { business_id: business.tenant },
    query: {
      limit: PAGE,
      ...(search === undefined ? {} : { search }),
      ...(program === undefined ? {} : { program_id: program }),
      ...(risk === undefined ? {} : { at_risk: risk }),
    },
  };
  const members = useInfiniteQuery({
    ...loyaltyListCustomersInfiniteOptions(question),
    initialPageParam: question,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
    // A long list is not fetched again from its beginning whenever somebody comes back to it.
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= MOST_ASKED_AGAIN,
    refetchOnMount: ({ state }) => (state.data?.pages.length ?? 0) <= MOST_ASKED_AGAIN,
  });
  const show = (changed: ReturnType<typeof memberFilter> | Record<string, undefined>) =>
    void navigate({ search: (before) => memberFilter({ ...before, ...changed }), replace: true });
  return (
    <Page
      title={t('members.title')}
      description={
        metrics.data === undefined
          ? undefined
          : t('members.count', { count: metrics.data.members, number: count(metrics.data.members) })
      }
      actions={
        business.may('loyalty.enroll') && (
          <Button leftSection={<IconUserPlus size={18} aria-hidden="true" />} onClick={enrol.open}>
            {t('members.enrol')}
          </Button>
        )
      }
    >
      <Panel flush>
        <Group className={classes.filters} gap="sm">
          <SearchField value={search ?? ''} onChange={(text) => show({ search: text || undefined })} />
          <ProgramSelect value={program} onChange={(chosen) => show({ program: chosen })} />
          <Switch
            classNames={{ body: classes.switch ?? '' }}
            label={t('members.onlyAtRisk')}
            checked={risk ?? false}
            onChange={(event) => show({ risk: event.currentTarget.checked || undefined })}
          />
        </Group>
        <MemberList
          query={members}
          filtered={search !== undefined || program !== undefined || risk !== undefined}
          onEnrol={business.may('loyalty.enroll') ? enrol.open : undefined}
          onClear={() => show({ search: undefined, program: undefined, risk: undefined })}
        />
      </Panel>
      <EnrolDialog opened={enrolling} onClose={enrol.close} />
    </Page>
  );
}

/** What is searched for; the address follows when the typing pauses. */
function SearchField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation('loyalty');
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const send = useDebouncedCallback((typed: string) => {
    sent.current = typed;
    onChange(typed);
  }, TYPING_MS);
  useEffect(() => {
    // The address changed by something else than this field, such as a step back.
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  return (
    <TextInput
      className={classes.search}
      type="search"
      aria-label={t('members.search')}
      placeholder={t('members.search')}
      leftSection={<IconSearch size={18} aria-hidden="true" />}
      maxLength={100}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        send(event.currentTarget.value.trim());
      }}
    />
  );
}
