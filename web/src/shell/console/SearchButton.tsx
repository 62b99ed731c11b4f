import { ActionIcon, Kbd, UnstyledButton } from '@mantine/core';
import { useOs } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import classes from './SearchButton.module.css';

/** Opens the search, and tells which keys do. */
export function SearchButton({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation();
  const os = useOs();
  const key = os === 'macos' || os === 'ios' ? '⌘ K' : 'Ctrl K';
  return (
    <>
      <UnstyledButton className={classes.wide} onClick={onOpen} aria-keyshortcuts="Control+K Meta+K /">
        <IconSearch size={18} stroke={1.6} aria-hidden="true" />
        <span className={classes.words}>{t('search.open')}</span>
        <Kbd size="xs" aria-hidden="true">
          {key}
        </Kbd>
      </UnstyledButton>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        className={classes.narrow}
        onClick={onOpen}
        aria-label={t('search.open')}
      >
        <IconSearch size={20} stroke={1.6} aria-hidden="true" />
      </ActionIcon>
    </>
  );
}
