import { Alert, Button, Checkbox, Text, TextInput } from '@mantine/core';
import { IconCloudOff, IconRubberStamp, IconUserPlus } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Enrolled } from '../../../api';
import type { ApiProblem } from '../../../client';
import { FormError } from '../../../ui/FormError';
import { Qr } from '../../../ui/Qr';
import { problemOf } from './device';
import type { Whom } from './entries';
import { newId } from './ids';
import { Sheet } from './Sheet';
import classes from './Sheet.module.css';
import { type Pairing, stamper } from './stamper';

interface EnrollSheetProps {
  phone: string;
  program: string | null;
  pairing: Pairing;
  online: boolean;
  busy: boolean;
  onStamp: (whom: Whom, name: string | null) => Promise<boolean>;
  onClose: () => void;
}

/** A guest who has no card yet gets one at the counter, takes it along by a QR code, and gets the first stamp. */
export function EnrollSheet({ phone, program, pairing, online, busy, onStamp, onClose }: EnrollSheetProps) {
  const { t } = useTranslation('stamper');
  const [number, setNumber] = useState(phone);
  const [name, setName] = useState('');
  const [agreed, setAgreed] = useState(false);
  // The same again after a lost answer, so that the token that opens the card is not lost with it.
  const attempt = useRef(newId());
  const enroll = useMutation<Enrolled, ApiProblem, void>({
    mutationFn: async () => {
      const device = stamper.device;
      if (device === null) throw problemOf(null);
      const guest = { phone: number, name: name.trim(), consent: t('enroll.version'), program };
      return device.enroll(guest, attempt.current);
    },
    onError: (problem) => {
      if (!problem.passing) attempt.current = newId();
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    enroll.mutate();
  };
  const done = enroll.data;
  if (done !== undefined)
    return (
      <Sheet
        opened
        onClose={onClose}
        title={t(done.new ? 'enroll.welcome' : 'enroll.known', { name: done.member?.name ?? name })}
      >
        {done.token && (
          <>
            <Text ta="center">{t('enroll.take')}</Text>
            <div className={classes.qr}>
              <Qr value={`${location.origin}/card#${done.token}`} label={t('enroll.qr')} />
            </div>
          </>
        )}
        <Button
          className={classes.deed ?? ''}
          loading={busy}
          onClick={() => void onStamp({ phone: done.member?.phone ?? number }, done.member?.name ?? name)}
          leftSection={<IconRubberStamp size={28} aria-hidden="true" />}
          data-autofocus
        >
          {t('enroll.first')}
        </Button>
      </Sheet>
    );
  const field = (wanted: string) =>
    enroll.error?.fields.find(({ field: at }) => at.endsWith(wanted))?.message;
  const [phoneError, nameError] = [field('phone'), field('name')];
  return (
    <Sheet opened onClose={onClose} title={t('enroll.title')}>
      {!online && (
        <Alert role="alert" variant="light" color="yellow" icon={<IconCloudOff />}>
          {t('enroll.offline')}
        </Alert>
      )}
      <form onSubmit={send} className={classes.body}>
        <FormError problem={phoneError || nameError ? null : enroll.error} />
        <TextInput
          label={t('enroll.phone')}
          size="lg"
          type="tel"
          inputMode="tel"
          autoComplete="off"
          required
          value={number}
          onChange={(event) => setNumber(event.currentTarget.value)}
          error={phoneError}
        />
        <TextInput
          label={t('enroll.name')}
          size="lg"
          autoComplete="off"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={nameError}
          data-autofocus
        />
        <Checkbox
          size="lg"
          checked={agreed}
          onChange={(event) => setAgreed(event.currentTarget.checked)}
          label={t('enroll.consent', { business: pairing.business.name })}
        />
        <Button
          type="submit"
          className={classes.deed ?? ''}
          disabled={!online || !agreed || name.trim() === '' || number.trim() === ''}
          loading={enroll.isPending}
          leftSection={<IconUserPlus size={26} aria-hidden="true" />}
        >
          {t('enroll.submit')}
        </Button>
      </form>
    </Sheet>
  );
}
