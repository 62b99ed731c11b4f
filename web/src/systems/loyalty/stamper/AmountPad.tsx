import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCoins } from '@tabler/icons-react';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Money, useFormats } from '../../../ui/format';
import classes from './AmountPad.module.css';
import { BACK, Keypad } from './Keypad';
import { Sheet } from './Sheet';

const MOST_DIGITS = 9;

interface AmountProps {
  currency: string;
  amount: Money | null;
  onAmount: (amount: Money | null) => void;
}

/** What the visit cost, if the business wants to know; typed from the right, as on every till. */
export function AmountButton({ currency, amount, onAmount }: AmountProps) {
  const { t } = useTranslation('stamper');
  const { money } = useFormats();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        variant="default"
        className={classes.button ?? ''}
        data-set={amount !== null || undefined}
        onClick={open}
        leftSection={amount === null ? <IconCoins size={22} aria-hidden="true" /> : undefined}
        {...(amount !== null && { 'aria-label': t('amount.is', { amount: money(amount) }) })}
      >
        {amount === null ? t('amount') : money(amount)}
      </Button>
      <Sheet opened={opened} onClose={close} title={t('amount.title')}>
        {opened && (
          <AmountPad
            currency={currency}
            amount={amount}
            onAmount={(given) => {
              onAmount(given);
              close();
            }}
          />
        )}
      </Sheet>
    </>
  );
}

function AmountPad({ currency, amount, onAmount }: AmountProps) {
  const { t } = useTranslation('stamper');
  const { money } = useFormats();
  const [minor, setMinor] = useState(amount?.minor ?? 0);
  const press = (key: string) =>
    setMinor((now) => {
      if (key === BACK) return Math.floor(now / 10);
      const next = Number(`${now}${key}`);
      return String(next).length > MOST_DIGITS ? now : next;
    });
  const take = () => onAmount(minor === 0 ? null : { minor, currency });
  const type = (event: KeyboardEvent) => {
    if (/^\d$/.test(event.key)) press(event.key);
    else if (event.key === 'Backspace') press(BACK);
    else if (event.key === 'Enter') take();
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        className={classes.display}
        aria-label={t('amount.title')}
        value={money({ minor, currency })}
        onKeyDown={type}
        readOnly
        inputMode="none"
        data-autofocus
      />
      <Keypad corner="00" onKey={press} />
      <Group grow gap="sm">
        <Button variant="default" size="lg" onClick={() => onAmount(null)}>
          {t('amount.none')}
        </Button>
        <Button size="lg" onClick={take}>
          {t('amount.take')}
        </Button>
      </Group>
    </>
  );
}
