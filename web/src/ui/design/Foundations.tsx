import { Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Panel } from '../Panel';
import classes from './Design.module.css';

const PAPERS = [
  ['paper', 'ink'],
  ['surface', 'ink-soft'],
  ['surface-sunken', 'ink-faint'],
  ['surface', 'accent-text'],
  ['accent', 'accent-ink'],
  ['good', 'good-ink'],
  ['good-soft', 'good'],
  ['warn', 'warn-ink'],
  ['warn-soft', 'warn'],
  ['bad', 'bad-ink'],
  ['bad-soft', 'bad'],
  ['info', 'info-ink'],
  ['info-soft', 'info'],
] as const;

/** Type and colours. */
export function Foundations() {
  const { t } = useTranslation('design');
  return (
    <>
      <Panel title={t('type')}>
        <Stack gap="xs">
          <Title order={3} fz="var(--hf-text-4xl)">
            Ten coffees, one on the house
          </Title>
          <Title order={3} size="h1">
            Ten coffees, one on the house
          </Title>
          <Title order={3} size="h2">
            Ten coffees, one on the house
          </Title>
          <Title order={3}>Ten coffees, one on the house</Title>
          <Title order={4}>Ten coffees, one on the house</Title>
          <Text>
            Text of 16 pixels reads well at the counter. Figures line up:{' '}
            <span className="hf-figures">1,204</span>.
          </Text>
          <Text size="sm" c="dimmed">
            Small and dimmed, for what is said beside. हिन्दी · 日本語 · Español · Nederlands
          </Text>
        </Stack>
      </Panel>
      <Panel title={t('colours')}>
        <div className={classes.swatches}>
          {PAPERS.map(([paper, ink]) => (
            <div
              key={paper + ink}
              className={classes.swatch}
              style={{ background: `var(--hf-${paper})`, color: `var(--hf-${ink})` }}
            >
              <strong>{paper}</strong>
              {ink}
            </div>
          ))}
        </div>
      </Panel>
    </>
  );
}
