import { Button, Group, Menu } from '@mantine/core';
import { IconChevronDown, IconDownload, IconExternalLink, IconPrinter } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { downloadPng, downloadSvg } from './download';

interface PosterActionsProps {
  /** Where the code leads. */
  address: string;
  /** What the files are called. */
  slug: string;
}

/** Print it, take the code along, or go where it leads. */
export function PosterActions({ address, slug }: PosterActionsProps) {
  const { t } = useTranslation('programs');
  const name = `${slug}-qr`;
  return (
    <Group gap="sm">
      <Button leftSection={<IconPrinter size={18} aria-hidden="true" />} onClick={() => window.print()}>
        {t('poster.print')}
      </Button>
      <Menu>
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<IconDownload size={18} aria-hidden="true" />}
            rightSection={<IconChevronDown size={16} aria-hidden="true" />}
          >
            {t('poster.download')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => downloadSvg(address, name)}>{t('poster.svg')}</Menu.Item>
          <Menu.Item onClick={() => downloadPng(address, name)}>{t('poster.png')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button
        component="a"
        href={address}
        target="_blank"
        rel="noreferrer"
        variant="subtle"
        rightSection={<IconExternalLink size={16} aria-hidden="true" />}
      >
        {t('poster.try')}
      </Button>
    </Group>
  );
}
