import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Money } from '../../../ui/format';
import { CardSheet } from './CardSheet';
import { refusalOf } from './device';
import { EnrollSheet } from './EnrollSheet';
import { type Entry, isOpen, type Whom } from './entries';
import { figureOf } from './Outbox';
import { Result, type Tone } from './Result';
import { type Redeemed, RewardSheet } from './RewardSheet';
import { useSettings } from './settings';
import type { Pairing, View } from './stamper';
import { type Said, useSaid } from './useSaid';

/** What stands before the counter now: a question, or an answer. */
export type Step =
  | { kind: 'card'; code: string; card: string }
  | { kind: 'reward'; code: string }
  | { kind: 'enroll'; phone: string }
  | { kind: 'stamped'; id: string }
  | ({ kind: 'redeemed' } & Redeemed)
  | { kind: 'told'; title: string; detail: string | null };

interface StepsProps {
  step: Step | null;
  view: View;
  pairing: Pairing;
  online: boolean;
  busy: boolean;
  program: string | null;
  amount: Money | null;
  onAmount: (amount: Money | null) => void;
  onStamp: (whom: Whom, name: string | null) => Promise<boolean>;
  onStep: (step: Step | null) => void;
}

/** The step that the counter is at. */
export function Steps({ step, onStep, ...rest }: StepsProps) {
  const { t } = useTranslation('stamper');
  const said = useSaid();
  const [{ sound }] = useSettings();
  const close = () => onStep(null);
  if (step === null) return null;
  switch (step.kind) {
    case 'card':
      return <CardSheet key={step.code} code={step.code} card={step.card} onClose={close} {...rest} />;
    case 'reward':
      return (
        <RewardSheet
          key={step.code}
          code={step.code}
          online={rest.online}
          onRedeemed={(redeemed) => onStep({ kind: 'redeemed', ...redeemed })}
          onRefused={(problem) => onStep(toldBy(said(refusalOf(problem))))}
          onClose={close}
        />
      );
    case 'enroll':
      return <EnrollSheet phone={step.phone} onClose={close} {...rest} />;
    case 'redeemed':
      return (
        <Result
          tone="reward"
          title={step.reward}
          detail={step.name === null ? t('redeemed') : t('redeemed.for', { name: step.name })}
          sound={sound}
          onClose={close}
        />
      );
    case 'told':
      return (
        <Result
          tone="bad"
          title={step.title}
          detail={step.detail ?? undefined}
          sound={sound}
          onClose={close}
        />
      );
    case 'stamped': {
      const entry = rest.view.entries.find(({ id }) => id === step.id);
      if (entry === undefined) return null;
      return <Stamped key={entry.id} entry={entry} onStep={onStep} sound={sound} {...rest} />;
    }
  }
}

const toldBy = ([title, detail]: Said): Step => ({ kind: 'told', title, detail });

const PATIENCE_MS = 2_500;
const UNKNOWN_GUEST = 'problems.not-found';

interface StampedProps extends Pick<StepsProps, 'pairing' | 'online' | 'onStep'> {
  entry: Entry;
  sound: boolean;
}

/** What became of the stamp that was given just now; it may still change while this is looked at. */
function Stamped({ entry, pairing, online, onStep, sound }: StampedProps) {
  const { t } = useTranslation('stamper');
  const patient = usePatience(isOpen(entry) && online);
  const phone = 'phone' in entry.whom ? entry.whom.phone : null;
  const said = useSaid();
  const { confirmation, refusal } = entry;
  const [headline, more] = refusal === undefined ? ['', null] : said(refusal);
  const tone: Tone =
    refusal !== undefined
      ? 'bad'
      : confirmation === undefined
        ? patient
          ? 'sending'
          : 'saved'
        : confirmation.reward
          ? 'reward'
          : 'good';
  const reward = pairing.programs.find(({ id }) => id === confirmation?.program)?.reward;
  const whom = entry.name ?? phone ?? t('outbox.card');
  const title = {
    bad: headline,
    sending: t('result.sending'),
    saved: t('result.saved'),
    good: whom,
    reward: whom,
  };
  const detail = {
    bad: more ?? undefined,
    sending: whom,
    saved: t('result.savedWhy', { whom }),
    good: undefined,
    reward: reward === undefined ? t('result.full') : t('result.reward', { reward }),
  };
  const unknown = refusal?.code === UNKNOWN_GUEST && phone !== null;
  return (
    <Result
      tone={tone}
      title={title[tone]}
      figure={confirmation && t('figure', figureOf(confirmation))}
      places={confirmation && figureOf(confirmation)}
      detail={detail[tone]}
      sound={sound}
      action={
        unknown ? { label: t('result.enroll'), onClick: () => onStep({ kind: 'enroll', phone }) } : undefined
      }
      onClose={() => onStep(null)}
    />
  );
}

/** True for a moment, while an answer may still come. */
function usePatience(wanted: boolean): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return wanted && !over;
}
