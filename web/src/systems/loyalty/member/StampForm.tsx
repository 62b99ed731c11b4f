import { Button, TextInput } from '@mantine/core';
import { IconRubberStamp } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type LoyaltyShowCustomerResponse as Customer,
  loyaltyCreateStamp,
  type Money,
  type OnCard,
} from '../../../api';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { minorOf } from '../../../ui/amounts';
import { FormError } from '../../../ui/FormError';
import { useFormats } from '../../../ui/format';
import { useNotice } from '../../../ui/useNotice';
import { newId } from '../stamper/ids';
import classes from './Member.module.css';
import { useRefresh } from './useRefresh';

/** A stamp in one tap; who likes says what the visit cost. */
export function StampForm({ member, card }: { member: Customer; card: OnCard }) {
  const { t } = useTranslation('loyalty');
  const { headers, currency } = useBusiness();
  const { count } = useFormats();
  const refresh = useRefresh(member.id);
  const notice = useNotice();
  const [typed, setTyped] = useState('');
  const [unclear, setUnclear] = useState(false);
  const stamp = useCommand({
    // The id is made here, so that a stamp whose answer was lost is not given twice.
    send: (given: { id: string; amount: Money | null }, attempt) =>
      loyaltyCreateStamp({
        headers: { ...headers, ...attempt.headers },
        body: { ...given, card_id: card.id },
      }),
    onSuccess: async (given) => {
      setTyped('');
      notice(
        given.reward_id === null
          ? t('stamp.given', { stamps: count(given.stamps), required: count(given.stamps_required) })
          : t('stamp.full', { reward: card.reward }),
      );
      await refresh();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const minor = typed.trim() === '' ? null : minorOf(typed, currency);
    const wrong = minor === null && typed.trim() !== '';
    setUnclear(wrong);
    if (!wrong) stamp.mutate({ id: newId(), amount: minor === null ? null : { minor, currency } });
  };
  return (
    <form onSubmit={submit} noValidate>
      <FormError problem={stamp.error} />
      <div className={classes.stamp}>
        <TextInput
          className={classes.amount}
          aria-label={t('stamp.amount', { currency })}
          placeholder={t('stamp.amount', { currency })}
          inputMode="decimal"
          autoComplete="off"
          maxLength={20}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={unclear && t('stamp.unclear')}
        />
        <Button
          type="submit"
          loading={stamp.isPending}
          leftSection={<IconRubberStamp size={18} aria-hidden="true" />}
        >
          {t('stamp.give')}
        </Button>
      </div>
    </form>
  );
}
