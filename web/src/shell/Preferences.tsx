import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { accountsChangeProfile, type Me } from '../api';
import { isLanguage, LANGUAGES, type Language, speak } from '../i18n';
import { ME_KEY } from './session';

const SCHEMES = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const;

/** Speaks another language here, and writes in it to whoever is signed in. */
export function useSpeak(): (language: Language) => Promise<void> {
  const client = useQueryClient();
  return async (language) => {
    await speak(language);
    const me = client.getQueryData<Me | null>(ME_KEY);
    if (!me || me.user.locale === language) return;
    try {
      const user = (await accountsChangeProfile({ body: { locale: language } })).data;
      client.setQueryData<Me | null>(ME_KEY, (known) => (known ? { ...known, user } : known));
    } catch {
      // The page speaks the language already; the profile learns it the next time somebody chooses one.
    }
  };
}

/** Which language the application speaks. */
export function LanguageMenu() {
  const { t, i18n } = useTranslation();
  const choose = useSpeak();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('language.change')}>
          <IconLanguage size={20} stroke={1.6} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={i18n.language}
          onChange={(language) => {
            if (isLanguage(language)) void choose(language);
          }}
        >
          {Object.entries(LANGUAGES).map(([language, name]) => (
            <Menu.RadioItem key={language} value={language} lang={language} closeMenuOnClick>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Light, dark, or as the system has it. */
export function SchemeMenu() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Chosen = SCHEMES[colorScheme];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('scheme.change')}>
          <Chosen size={20} stroke={1.6} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(scheme) => setColorScheme(scheme as keyof typeof SCHEMES)}
        >
          {(['auto', 'light', 'dark'] as const).map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme} closeMenuOnClick>
              {t(`scheme.${scheme}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
