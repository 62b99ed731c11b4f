import {
  Button,
  ColorInput,
  Group,
  SegmentedControl,
  Stack,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isAccent, showAccent } from '../accent';
import { Page } from '../Page';
import { Cards } from './Cards';
import { Charts } from './Charts';
import { Controls } from './Controls';
import classes from './Design.module.css';
import { Figures } from './Figures';
import { Foundations } from './Foundations';
import { States } from './States';

/** The design in one place. Reachable in development only. */
export function Design() {
  const { t } = useTranslation('design');
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const [accent, setAccent] = useState('');
  useEffect(() => {
    showAccent(accent, scheme);
    return () => showAccent(null, scheme);
  }, [accent, scheme]);
  const any = () =>
    setAccent(
      `#${Math.floor(Math.random() * 0x1000000)
        .toString(16)
        .padStart(6, '0')}`,
    );
  return (
    <main className={classes.desk}>
      <Page
        title={t('title')}
        description={t('description')}
        actions={
          <Group align="flex-end" gap="sm">
            <SegmentedControl
              aria-label={t('scheme')}
              value={scheme}
              onChange={(value) => setColorScheme(value === 'dark' ? 'dark' : 'light')}
              data={[
                { value: 'light', label: t('scheme.light') },
                { value: 'dark', label: t('scheme.dark') },
              ]}
            />
            <ColorInput
              aria-label={t('accent')}
              value={accent}
              onChange={setAccent}
              w={160}
              withEyeDropper={false}
            />
            <Button variant="default" onClick={any}>
              {t('accent.random')}
            </Button>
            <Button variant="subtle" onClick={() => setAccent('')}>
              {t('accent.own')}
            </Button>
          </Group>
        }
      >
        <Stack gap="xl">
          <Foundations />
          <Controls />
          <Cards accent={isAccent(accent) ? accent : null} />
          <Figures />
          <Charts />
          <States />
        </Stack>
      </Page>
    </main>
  );
}
