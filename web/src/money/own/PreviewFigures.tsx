import { Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../ui/format';
import { Lines } from '../pay/Lines';
import { lastDay } from './days';
import classes from './Subscriptions.module.css';
import type { Figures, Preview } from './subscriptions';
import { useSums } from './useSums';

/** What is charged at once and at the next renewal, line by line. */
export function PreviewFigures({ preview, nothing }: { preview: Preview; nothing: string }) {
  const { t } = useTranslation('own');
  const { money, day } = useFormats();
  const { now, next, next_on } = preview;
  return (
    <Stack gap="md">
      {now === null ? (
        <Text fw={600}>{nothing}</Text>
      ) : (
        <Stack gap="xs">
          <div className={classes.today}>
            <Text fw={600}>{now.total.minor < 0 ? t('change.todayBack') : t('change.today')}</Text>
            <span className={classes.figure}>
              {money({ ...now.total, minor: Math.abs(now.total.minor) })}
            </span>
          </div>
          <FiguresLines figures={now} caption={t('change.today')} />
        </Stack>
      )}
      {next && next_on && (
        <div className={classes.today}>
          <Text>{t('change.nextOn', { day: day(next_on) })}</Text>
          <Text fw={650} data-figures>
            {money(next.total)}
          </Text>
        </div>
      )}
    </Stack>
  );
}

/** The lines of an invoice that is not written yet. */
export function FiguresLines({ figures, caption }: { figures: Figures; caption: string }) {
  const { t } = useTranslation('own');
  const { shortDay } = useFormats();
  const sums = useSums();
  return (
    <Lines
      caption={caption}
      lines={figures.lines.map(({ line }, key) => ({
        key,
        description: line.description,
        quantity: line.quantity,
        amount: line.amount,
        more: line.period_from && line.period_to && (
          <Text component="span" display="block" size="xs" c="dimmed">
            {t('invoice.period', { from: shortDay(line.period_from), to: shortDay(lastDay(line.period_to)) })}
          </Text>
        ),
      }))}
      sums={sums(figures)}
    />
  );
}
