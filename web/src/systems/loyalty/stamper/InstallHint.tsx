import { Alert, Button, Group, Text } from '@mantine/core';
import { IconDeviceMobileDown, IconShare2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useInstallation } from './useFace';

/**
 * How to put the stamper on the home screen. On an iPhone that comes `first`: what is installed there keeps nothing of
 * what the browser knew, the pairing neither.
 */
export function InstallHint({ first = false }: { first?: boolean }) {
  const { t } = useTranslation('stamper');
  const [state, install] = useInstallation();
  if (state === 'installed' || state === 'unknown') return null;
  if (state === 'by-hand')
    return (
      <Alert variant="light" color="gray" icon={<IconShare2 />} title={t('install.title')}>
        {t(first ? 'install.appleFirst' : 'install.apple')}
      </Alert>
    );
  return (
    <Alert variant="light" color="gray" icon={<IconDeviceMobileDown />} title={t('install.title')}>
      <Group justify="space-between" gap="sm">
        <Text size="sm">{t('install.why')}</Text>
        <Button variant="default" onClick={install}>
          {t('install.do')}
        </Button>
      </Group>
    </Alert>
  );
}
