import { Button, Loader, Modal } from '@mantine/core';
import { IconCheck, IconCloudUp, IconGift, IconUserPlus, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useEffectEvent } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Result.module.css';
import { give, type Signal } from './signals';

export type Tone = 'good' | 'reward' | 'saved' | 'bad' | 'sending';

interface ResultProps {
  tone: Tone;
  title: string;
  /** The figure that everybody looks for: "7 of 10". */
  figure?: ReactNode;
  /** The same as a row of places, for a card that fits in one. */
  places?: { stamps: number; required: number } | undefined;
  detail?: ReactNode;
  sound: boolean;
  /** What may be done about a refusal. */
  action?: { label: string; onClick: () => void } | undefined;
  onClose: () => void;
}

const SIGNALS: Partial<Record<Tone, Signal>> = {
  good: 'stamped',
  reward: 'reward',
  saved: 'saved',
  bad: 'refused',
};
/** What needs no answer goes by itself; the list still has it. */
const GOES_AFTER_MS: Partial<Record<Tone, number>> = { good: 2_600, saved: 3_000 };
const MOST_PLACES = 12;
const CONFETTI = Array.from({ length: 28 }, (_, at) => at);

/** What came of it, to be seen from a step away: the colour of the whole screen, a sound, one sentence. */
export function Result({ tone, title, figure, places, detail, sound, action, onClose }: ResultProps) {
  const { t } = useTranslation('stamper');
  const tell = useEffectEvent((of: Tone) => {
    const signal = SIGNALS[of];
    if (signal !== undefined) give(signal, sound);
  });
  const go = useEffectEvent(onClose);
  useEffect(() => {
    tell(tone);
    const after = GOES_AFTER_MS[tone];
    if (after === undefined) return;
    const timer = setTimeout(() => go(), after);
    return () => clearTimeout(timer);
  }, [tone]);
  return (
    <Modal.Root opened onClose={onClose} fullScreen transitionProps={{ duration: 0 }} lockScroll={false}>
      <Modal.Content className={classes.result} data-tone={tone} radius={0}>
        <Modal.Body className={classes.body}>
          {tone === 'reward' && (
            <div className={classes.confetti} aria-hidden="true">
              {CONFETTI.map((at) => (
                <i
                  key={at}
                  style={{ left: `${(at * 37) % 100}%`, animationDelay: `${(at * 173) % 2_400}ms` }}
                />
              ))}
            </div>
          )}
          <div className={classes.said} role="status" aria-live="assertive">
            <span className={classes.sign} key={tone} aria-hidden="true">
              <Sign tone={tone} />
            </span>
            <Modal.Title className={classes.title}>{title}</Modal.Title>
            {figure !== undefined && <p className={classes.figure}>{figure}</p>}
            {places !== undefined && places.required <= MOST_PLACES && <Places {...places} />}
            {detail !== undefined && <p className={classes.detail}>{detail}</p>}
          </div>
          <div className={classes.deeds}>
            {action !== undefined && (
              <Button
                className={classes.deed ?? ''}
                onClick={action.onClick}
                leftSection={<IconUserPlus size={24} aria-hidden="true" />}
              >
                {action.label}
              </Button>
            )}
            <Button
              className={classes.deed ?? ''}
              data-plain={action !== undefined || undefined}
              onClick={onClose}
              data-autofocus
            >
              {t(tone === 'bad' ? 'result.understood' : 'result.next')}
            </Button>
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Places({ stamps, required }: { stamps: number; required: number }) {
  return (
    <div className={classes.places} aria-hidden="true">
      {Array.from({ length: required }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: A place is its number.
        <i key={at} data-stamped={at < stamps || undefined} data-last={at === stamps - 1 || undefined} />
      ))}
    </div>
  );
}

function Sign({ tone }: { tone: Tone }) {
  const size = { size: '58%', stroke: 2.6 };
  if (tone === 'sending') return <Loader color="var(--stamper-ink)" size={72} />;
  if (tone === 'bad') return <IconX {...size} />;
  if (tone === 'saved') return <IconCloudUp {...size} stroke={2} />;
  if (tone === 'reward') return <IconGift {...size} stroke={1.8} />;
  return <IconCheck {...size} stroke={3} />;
}
