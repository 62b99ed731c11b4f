import { ActionIcon, Button, Group, NumberInput } from '@mantine/core';
import { IconBan, IconCreditCardOff, IconPlus, IconRepeat, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Policy } from '../billing';
import { MOST_DAYS, MOST_RETRIES, nextDay, stopsOf, withDay } from './schedule';
import classes from './TimelineEditor.module.css';

const PICTURES = { failed: IconCreditCardOff, retry: IconRepeat, end: IconBan } as const;

interface TimelineEditorProps {
  policy: Policy;
  readOnly: boolean;
  onDays: (days: number[]) => void;
}

/** The days after a failure as a line: each try can be taken away, and one more be put in. */
export function TimelineEditor({ policy, readOnly, onDays }: TimelineEditorProps) {
  const { t } = useTranslation('money');
  const { retry_days: days, outcome } = policy;
  const [typed, setTyped] = useState<number | string>('');
  const day = typed === '' ? nextDay(days) : Number(typed);
  return (
    <>
      <ol className={classes.line} aria-label={t('dunning.when')}>
        {stopsOf(policy).map(({ day: at, kind }) => {
          const Picture = PICTURES[kind];
          return (
            <li key={`${kind}-${at}`} className={classes.stop} data-kind={kind}>
              <span className={classes.mark}>
                <Picture size={18} stroke={1.7} aria-hidden="true" />
              </span>
              <span className={classes.text}>
                <span className={classes.day}>
                  {at === 0 ? t('dunning.dayZero') : t('dunning.day', { day: at })}
                </span>
                <span className={classes.what}>
                  {kind === 'end' ? t(`dunning.outcome.${outcome}`) : t(`dunning.stop.${kind}`)}
                </span>
              </span>
              {kind === 'retry' && !readOnly && (
                <ActionIcon
                  size="md"
                  aria-label={t('dunning.remove', { day: at })}
                  onClick={() => onDays(days.filter((one) => one !== at))}
                >
                  <IconX size={16} aria-hidden="true" />
                </ActionIcon>
              )}
            </li>
          );
        })}
      </ol>
      {!readOnly && (
        <Group gap="sm" align="flex-end" mt="md">
          <NumberInput
            label={t('dunning.another')}
            w="10rem"
            min={1}
            max={MOST_DAYS}
            allowDecimal={false}
            placeholder={String(nextDay(days))}
            value={typed}
            onChange={setTyped}
          />
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden="true" />}
            disabled={days.length >= MOST_RETRIES || days.includes(day)}
            onClick={() => {
              onDays(withDay(days, day));
              setTyped('');
            }}
          >
            {t('dunning.add')}
          </Button>
        </Group>
      )}
    </>
  );
}
