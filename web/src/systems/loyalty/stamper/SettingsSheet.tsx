import { Button, Drawer, NativeSelect, Stack, Switch, Text, useMantineColorScheme } from '@mantine/core';
import { IconLinkOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { isLanguage, LANGUAGES, speak } from '../../../i18n';
import { ConfirmButton } from '../../../ui/ConfirmButton';
import { InstallHint } from './InstallHint';
import classes from './Outbox.module.css';
import { useSettings } from './settings';
import { type Pairing, stamper, type View } from './stamper';

interface SettingsProps {
  opened: boolean;
  view: View;
  pairing: Pairing;
  onClose: () => void;
}

/** A word beside a switch, not above its middle. */
const MIDDLE = { body: { alignItems: 'center' } } as const;

/** How this phone works; it stays on this phone. */
export function SettingsSheet({ opened, view, pairing, onClose }: SettingsProps) {
  const { t, i18n } = useTranslation('stamper');
  const [settings, set] = useSettings();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="md"
      title={t('settings.title')}
      closeButtonProps={{ 'aria-label': t('close'), size: 'xl' }}
      classNames={{ title: classes.title ?? '' }}
    >
      <Stack gap="lg">
        <Switch
          size="lg"
          styles={MIDDLE}
          label={t('settings.sound')}
          checked={settings.sound}
          onChange={(event) => set({ sound: event.currentTarget.checked })}
        />
        <Switch
          size="lg"
          styles={MIDDLE}
          label={t('settings.atOnce')}
          description={t('settings.atOnce.help')}
          checked={settings.atOnce}
          onChange={(event) => set({ atOnce: event.currentTarget.checked })}
        />
        <Switch
          size="lg"
          styles={MIDDLE}
          label={t('settings.awake')}
          checked={settings.awake}
          onChange={(event) => set({ awake: event.currentTarget.checked })}
        />
        <NativeSelect
          size="md"
          label={t('settings.language')}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={i18n.language}
          onChange={({ currentTarget: { value } }) => {
            if (isLanguage(value)) void speak(value);
          }}
        />
        <NativeSelect
          size="md"
          label={t('settings.scheme')}
          data={(['auto', 'light', 'dark'] as const).map((value) => ({ value, label: t(`scheme.${value}`) }))}
          value={colorScheme}
          onChange={({ currentTarget: { value } }) => setColorScheme(value as 'auto' | 'light' | 'dark')}
        />
        <InstallHint />
        <div>
          <Text fw={620}>{pairing.device.name}</Text>
          <Text size="sm" c="dimmed">
            {t('settings.device', { business: pairing.business.name })}
          </Text>
        </div>
        {view.waiting > 0 ? (
          <Button variant="default" disabled leftSection={<IconLinkOff size={18} aria-hidden="true" />}>
            {t('settings.unpairLater', { count: view.waiting })}
          </Button>
        ) : (
          <ConfirmButton
            label={t('settings.unpair')}
            title={t('settings.unpair')}
            message={t('settings.unpair.why', { business: pairing.business.name })}
            confirm={t('settings.unpair')}
            danger
            onConfirm={() => stamper.unpair()}
          />
        )}
      </Stack>
    </Drawer>
  );
}
