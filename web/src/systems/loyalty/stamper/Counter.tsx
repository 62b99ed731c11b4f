import { ActionIcon, UnstyledButton, VisuallyHidden } from '@mantine/core';
import {
  IconCloudCheck,
  IconCloudUp,
  IconDialpad,
  IconQrcode,
  IconSettings,
  IconWifiOff,
  IconX,
} from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Brand } from '../../../ui/Brand';
import type { Money } from '../../../ui/format';
import classes from './Counter.module.css';
import { readScanned } from './codes';
import type { Whom } from './entries';
import { CannotKeep } from './kept';
import { Outbox } from './Outbox';
import { PhonePane } from './PhonePane';
import { ScanPane } from './ScanPane';
import { SettingsSheet } from './SettingsSheet';
import { type Step, Steps } from './Steps';
import { useSettings } from './settings';
import { type Pairing, stamper, type View } from './stamper';
import { Seen, useHandScanner } from './useCodes';
import { useAwake } from './useFace';
import { useOnline, useTrouble } from './useTrouble';

const HINT_MS = 3_500;

/** The counter: the camera, the keys for numbers, and what waits. */
export function Counter({ view, pairing }: { view: View; pairing: Pairing }) {
  const { t } = useTranslation('stamper');
  const [settings, set] = useSettings();
  const [pane, setPane] = useState<'scan' | 'phone'>('scan');
  const [step, setStep] = useState<Step | null>(null);
  const [open, setOpen] = useState<'outbox' | 'settings' | null>(null);
  const [amount, setAmount] = useState<Money | null>(null);
  const [busy, setBusy] = useState(false);
  const [hint, setHint] = useHint();
  const seen = useRef(new Seen());
  const last = useRef<string | null>(null);
  const online = useOnline(view);
  const trouble = useTrouble(view);
  useAwake(settings.awake);

  const chosen = pairing.programs.find(({ id }) => id === settings.program) ?? pairing.programs[0];
  const program = chosen?.id ?? null;
  const stamping = useRef(false);
  const stamp = async (whom: Whom, name: string | null) => {
    // Two taps that come before the button knows of the first are one stamp.
    if (stamping.current) return false;
    stamping.current = true;
    setBusy(true);
    try {
      const entry = await stamper.stamp({ whom, name, amount, program: 'phone' in whom ? program : null });
      setAmount(null);
      setStep({ kind: 'stamped', id: entry.id });
      return true;
    } catch (error) {
      const reason = error instanceof CannotKeep ? error.reason : 'forbidden';
      setStep({ kind: 'told', title: t('broken.title'), detail: t(`broken.${reason}`) });
      return false;
    } finally {
      stamping.current = false;
      setBusy(false);
    }
  };
  const read = (text: string) => {
    const scanned = readScanned(text);
    const known = 'subject' in scanned;
    // A card's code changes while it is looked at, and is the same card.
    last.current = known ? `${scanned.kind} ${scanned.subject}` : text;
    if (!seen.current.isNew(last.current, Date.now())) return;
    if (!known) setHint(t(`scan.${scanned.kind}`));
    else if (scanned.tenant !== pairing.business.tenant_id)
      setStep({
        kind: 'told',
        title: t('scan.other'),
        detail: t('scan.otherWhy', { business: pairing.business.name }),
      });
    else if (scanned.kind === 'reward') setStep({ kind: 'reward', code: scanned.code });
    else if (settings.atOnce) void stamp({ code: scanned.code }, null);
    else setStep({ kind: 'card', code: scanned.code, card: scanned.subject });
  };
  // While a question is open or a refusal is being read, another guest's code has to wait.
  const looking = open === null && (step === null || (step.kind === 'stamped' && !refused(view, step.id)));
  const onText = (text: string) => {
    if (looking) read(text);
  };
  // What was asked about a card may have taken a while; if its code is still in sight, it is not a new one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: Every step is a moment at which it was in sight.
  useEffect(() => {
    if (last.current !== null) seen.current.isNew(last.current, Date.now());
  }, [step, looking]);
  useHandScanner(onText);

  return (
    <div className={classes.counter} data-pane={pane}>
      <Header view={view} pairing={pairing} onOpen={setOpen} />
      {trouble !== null && (
        <div
          className={classes.trouble}
          role="status"
          data-tone={view.standing.state === 'paused' ? 'bad' : 'warn'}
        >
          {!online && <IconWifiOff size={18} aria-hidden="true" />}
          <span>{trouble}</span>
          {view.standing.state === 'paused' && (
            <UnstyledButton className={classes.again} onClick={() => stamper.retry()}>
              {t('trouble.again')}
            </UnstyledButton>
          )}
        </div>
      )}
      <main className={classes.panes}>
        <div className={classes.pane} data-of="scan">
          <ScanPane looking={looking} hint={hint} onText={onText} onPhone={() => setPane('phone')} />
        </div>
        <div className={classes.pane} data-of="phone">
          <PhonePane
            pairing={pairing}
            online={online}
            busy={busy}
            program={program}
            onProgram={(id) => set({ program: id })}
            amount={amount}
            onAmount={setAmount}
            onStamp={stamp}
            onEnroll={(phone) => setStep({ kind: 'enroll', phone })}
          />
        </div>
      </main>
      <nav className={classes.tabs} aria-label={t('tabs')}>
        <Tab pane="scan" now={pane} onPane={setPane} />
        <Tab pane="phone" now={pane} onPane={setPane} />
      </nav>
      <Steps
        step={step}
        view={view}
        pairing={pairing}
        online={online}
        busy={busy}
        program={program}
        amount={amount}
        onAmount={setAmount}
        onStamp={stamp}
        onStep={setStep}
      />
      <Outbox opened={open === 'outbox'} view={view} pairing={pairing} onClose={() => setOpen(null)} />
      <SettingsSheet
        opened={open === 'settings'}
        view={view}
        pairing={pairing}
        onClose={() => setOpen(null)}
      />
    </div>
  );
}

const refused = (view: View, id: string) =>
  view.entries.find((entry) => entry.id === id)?.state === 'refused';

/** A word that goes by itself. */
function useHint(): [string | null, (hint: string) => void] {
  const [hint, setHint] = useState<string | null>(null);
  useEffect(() => {
    if (hint === null) return;
    const timer = setTimeout(() => setHint(null), HINT_MS);
    return () => clearTimeout(timer);
  }, [hint]);
  return [hint, useCallback((next: string) => setHint(next), [])];
}

interface HeaderProps {
  view: View;
  pairing: Pairing;
  onOpen: (what: 'outbox' | 'settings') => void;
}

function Header({ view, pairing, onOpen }: HeaderProps) {
  const { t } = useTranslation('stamper');
  const failed = view.entries.filter(({ state }) => state === 'refused').length;
  const { business, device } = pairing;
  const words = [
    view.waiting > 0 ? t('outbox.waits', { count: view.waiting }) : t('outbox.allSent'),
    failed > 0 ? t('outbox.refused', { count: failed }) : null,
  ];
  return (
    <header className={classes.header}>
      <Brand name={business.name} logoUrl={pairing.logo} size={40} />
      <div className={classes.names}>
        <h1 className={classes.business}>{business.name}</h1>
        <p className={classes.device}>{device.name}</p>
      </div>
      <UnstyledButton className={classes.badge} onClick={() => onOpen('outbox')}>
        <VisuallyHidden>{`${t('outbox.title')}: ${words.filter(Boolean).join(', ')}`}</VisuallyHidden>
        {view.waiting + failed === 0 && <IconCloudCheck size={24} aria-hidden="true" />}
        {view.waiting > 0 && (
          <span className={classes.count} data-tone="warn" aria-hidden="true">
            <IconCloudUp size={20} aria-hidden="true" />
            {view.waiting}
          </span>
        )}
        {failed > 0 && (
          <span className={classes.count} data-tone="bad" aria-hidden="true">
            <IconX size={18} stroke={2.6} aria-hidden="true" />
            {failed}
          </span>
        )}
      </UnstyledButton>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={48}
        aria-label={t('settings.title')}
        onClick={() => onOpen('settings')}
      >
        <IconSettings size={24} />
      </ActionIcon>
    </header>
  );
}

interface TabProps {
  pane: 'scan' | 'phone';
  now: 'scan' | 'phone';
  onPane: (pane: 'scan' | 'phone') => void;
}

function Tab({ pane, now, onPane }: TabProps) {
  const { t } = useTranslation('stamper');
  const Icon = pane === 'scan' ? IconQrcode : IconDialpad;
  return (
    <UnstyledButton
      className={classes.tab}
      aria-current={pane === now ? 'page' : undefined}
      onClick={() => onPane(pane)}
    >
      <Icon size={26} stroke={1.8} aria-hidden="true" />
      {t(`${pane}.tab`)}
    </UnstyledButton>
  );
}
