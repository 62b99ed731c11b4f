import { Loader, Modal, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../session';
import { useSystemsOf } from '../systems';
import { allowed, consolePath } from './pages';
import classes from './SearchDialog.module.css';
import { type Entry, matches, useEntries } from './search';

/** A search asks when the typing pauses, and not at every letter. Meets I147. */
const PAUSE_MS = 250;
const SHORTEST = 2;
const MOST_PAGES = 8;

interface Group {
  label: string;
  entries: Entry[];
}

/** What the systems of the business find for a text; nothing while it is too short. */
function useFound(text: string) {
  const { t } = useTranslation();
  const router = useRouter();
  const business = useBusiness();
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const searches = useSystemsOf(business).flatMap((system) => allowed(system.searches ?? [], business));
  const long = text.length >= SHORTEST;
  const queries = useQueries({
    queries: searches.map((search) => ({
      queryKey: ['search', business.tenant, search.label, settled] as const,
      queryFn: ({ signal }: { signal: AbortSignal }) => search.find(business, settled, signal),
      enabled: long && settled.length >= SHORTEST,
      staleTime: 10_000,
    })),
  });
  const groups = searches.map(
    ({ label, icon }, index): Group => ({
      label: t(label),
      entries: (queries[index]?.data ?? []).map((found) => ({
        ...found,
        icon,
        act: () => void router.navigate({ to: consolePath(business.slug, found.path) }),
      })),
    }),
  );
  return {
    groups: long && settled === text ? groups.filter(({ entries }) => entries.length > 0) : [],
    searching: long && (settled !== text || queries.some((query) => query.isFetching)),
    failed: long && queries.some((query) => query.isError),
  };
}

/** Jump anywhere from the keyboard: to whatever a system finds, to a page, to an action. */
export function SearchDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={600}
      yOffset="10dvh"
      centered={false}
      // It is there at once, so that what is typed right after the keys that open it is not lost.
      transitionProps={{ duration: 0 }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label={t('search.title')} radius="lg">
        <SearchBox onClose={onClose} />
      </Modal.Content>
    </Modal.Root>
  );
}

function SearchBox({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const text = typed.trim();
  const found = useFound(text);
  const everything = useEntries();
  const pages = everything.filter((entry) => matches(entry.label, text));
  const shown = text === '' ? pages : pages.slice(0, MOST_PAGES);
  const groups = [...found.groups, { label: t('search.pages'), entries: shown }].filter(
    ({ entries }) => entries.length > 0,
  );
  const entries = groups.flatMap((group) => group.entries);
  const at = Math.max(
    0,
    entries.findIndex((entry) => entry.id === chosen),
  );
  const selected = entries[at];
  const option = (entry: Entry) => `${id}-${entry.id}`;
  const selectedOption = selected && option(selected);
  useEffect(() => {
    if (selectedOption !== undefined)
      document.getElementById(selectedOption)?.scrollIntoView({ block: 'nearest' });
  }, [selectedOption]);
  const go = (entry: Entry) => {
    onClose();
    entry.act();
  };
  const press = (event: KeyboardEvent) => {
    // What is being composed in Japanese or Hindi belongs to its own keyboard.
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && entries.length > 0) {
      event.preventDefault();
      setChosen(entries[(at + step + entries.length) % entries.length]?.id ?? null);
    } else if (event.key === 'Enter' && selected !== undefined) {
      event.preventDefault();
      go(selected);
    }
  };
  return (
    <>
      <div className={classes.field}>
        {found.searching ? (
          <Loader size={20} aria-label={t('search.title')} />
        ) : (
          <IconSearch size={20} stroke={1.6} aria-hidden="true" />
        )}
        <input
          className={classes.input}
          type="text"
          role="combobox"
          aria-label={t('search.placeholder')}
          aria-expanded={entries.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={selectedOption}
          placeholder={t('search.placeholder')}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setChosen(null);
          }}
          onKeyDown={press}
        />
      </div>
      <div role="listbox" id={`${id}-list`} aria-label={t('search.title')} className={classes.list}>
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: A fieldset groups fields, and these are options of a list.
          <div key={group.label} role="group" aria-label={group.label}>
            <div className={classes.group} aria-hidden="true">
              {group.label}
            </div>
            {group.entries.map((entry) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: The keys are the field's, where the focus stays.
              // biome-ignore lint/a11y/useFocusableInteractive: The focus stays in the field.
              <div
                key={entry.id}
                id={option(entry)}
                role="option"
                aria-selected={entry === selected}
                className={classes.option}
                onMouseDown={(event) => event.preventDefault()}
                onMouseMove={() => setChosen(entry.id)}
                onClick={() => go(entry)}
              >
                <entry.icon size={20} stroke={1.6} aria-hidden="true" className={classes.icon} />
                <span className={classes.label}>{entry.label}</span>
                {entry.description !== undefined && (
                  <span className={classes.description}>{entry.description}</span>
                )}
              </div>
            ))}
          </div>
        ))}
      </div>
      <div role="status">
        {found.failed && <Text className={classes.said}>{t('search.failed')}</Text>}
        {entries.length === 0 && !found.searching && !found.failed && (
          <Text className={classes.said}>{t('search.nothing', { text })}</Text>
        )}
      </div>
    </>
  );
}
