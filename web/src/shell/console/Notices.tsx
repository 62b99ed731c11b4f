import { ActionIcon, Popover } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../ui/Empty';

/** What happened that somebody should know of. Nothing sends notices yet, so it says what will come here. */
export function Notices() {
  const { t } = useTranslation();
  return (
    <Popover width={300} position="bottom-end" trapFocus shadow="lg">
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('notices')}>
          <IconBell size={20} stroke={1.6} aria-hidden="true" />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('notices')}>
        <Empty title={t('notices.none')}>{t('notices.soon')}</Empty>
      </Popover.Dropdown>
    </Popover>
  );
}
