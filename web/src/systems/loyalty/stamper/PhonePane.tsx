import { Button, SegmentedControl } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconRubberStamp, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { loyaltyListCustomers } from '../../../api';
import type { Money } from '../../../ui/format';
import { AmountButton } from './AmountPad';
import classes from './Counter.module.css';
import type { Whom } from './entries';
import { BACK, Keypad } from './Keypad';
import type { Pairing } from './stamper';

const LONGEST = 16;
/** From so many digits on a number is looked for while it is typed, and can be stamped. */
const ENOUGH = 6;

/** A plus only in front, and digits. */
const tidy = (typed: string) => typed.replace(/(?!^\+)[^\d]/g, '').slice(0, LONGEST);

/** Who has the number that is being typed, as far as it goes; asked only with a network. */
function useOwner(pairing: Pairing, phone: string, online: boolean) {
  const [wanted] = useDebouncedValue(phone, 250);
  const { data } = useQuery({
    queryKey: ['stamper', 'number', wanted],
    queryFn: async ({ signal }) => {
      const { data: found } = await loyaltyListCustomers({
        path: { business_id: pairing.business.tenant_id },
        query: { search: wanted, limit: 2 },
        headers: { 'Holdfast-Device': pairing.device.id },
        signal,
      });
      return found.items;
    },
    enabled: online && wanted.length >= ENOUGH,
    retry: false,
    staleTime: 10_000,
  });
  return wanted === phone ? data : undefined;
}

interface PhonePaneProps {
  pairing: Pairing;
  online: boolean;
  busy: boolean;
  program: string | null;
  onProgram: (program: string) => void;
  amount: Money | null;
  onAmount: (amount: Money | null) => void;
  onStamp: (whom: Whom, name: string | null) => Promise<boolean>;
  onEnroll: (phone: string) => void;
}

/** A guest without a code: their number, on keys for a thumb. */
export function PhonePane({
  pairing,
  online,
  busy,
  program,
  onProgram,
  amount,
  onAmount,
  onStamp,
  onEnroll,
}: PhonePaneProps) {
  const { t } = useTranslation('stamper');
  const [phone, setPhone] = useState('');
  const owners = useOwner(pairing, phone, online);
  const [owner] = owners?.length === 1 ? owners : [];
  const unknown = owners?.length === 0;
  const press = (key: string) => setPhone((now) => (key === BACK ? now.slice(0, -1) : tidy(now + key)));
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (phone.length < ENOUGH) return;
    // Once the name stands there, nobody needs to type the rest.
    const whole = owner?.phone ?? phone;
    if (await onStamp({ phone: whole }, owner?.name ?? null)) setPhone('');
  };
  return (
    <form className={classes.phone} onSubmit={(event) => void send(event)} aria-label={t('phone.title')}>
      {pairing.programs.length > 1 && (
        <SegmentedControl
          aria-label={t('phone.program')}
          size="md"
          fullWidth
          data={pairing.programs.map(({ id, name }) => ({ value: id, label: name }))}
          value={program ?? ''}
          onChange={onProgram}
        />
      )}
      <div className={classes.display}>
        <input
          className={classes.number}
          aria-label={t('phone.number')}
          aria-describedby="stamper-owner"
          placeholder={t('phone.number')}
          value={phone}
          onChange={(event) => setPhone(tidy(event.currentTarget.value))}
          type="tel"
          inputMode="none"
          autoComplete="off"
          enterKeyHint="done"
        />
        <div className={classes.owner} id="stamper-owner" role="status">
          {owner !== undefined && <strong>{owner.name}</strong>}
          {unknown && (
            <Button
              variant="subtle"
              size="compact-md"
              leftSection={<IconUserPlus size={18} aria-hidden="true" />}
              onClick={() => onEnroll(phone)}
            >
              {t('phone.unknown')}
            </Button>
          )}
          {owner === undefined && !unknown && <span>{t(online ? 'phone.hint' : 'phone.offline')}</span>}
        </div>
      </div>
      <Keypad corner="+" onKey={press} />
      <div className={classes.deeds}>
        <AmountButton currency={pairing.business.currency} amount={amount} onAmount={onAmount} />
        <Button
          type="submit"
          className={classes.stamp ?? ''}
          disabled={phone.length < ENOUGH}
          loading={busy}
          leftSection={<IconRubberStamp size={26} aria-hidden="true" />}
        >
          {t('stamp')}
        </Button>
      </div>
    </form>
  );
}
