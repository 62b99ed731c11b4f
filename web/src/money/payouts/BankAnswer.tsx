import { Button, SegmentedControl, Text, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Confirmation, payoutsCreateConfirmation } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { Sheet, SheetForm } from '../parts/Sheet';
import { again } from './again';
import type { Listed } from './standing';

type Outcome = Confirmation['outcome'];

interface BankAnswerProps {
  payout: Listed;
  /** What the bank can have done, the likeliest first. */
  outcomes: readonly Outcome[];
}

/** Somebody who reads the bank's statement tells what became of a payout that left in a file. */
export function BankAnswer({ payout, outcomes }: BankAnswerProps) {
  const { t } = useTranslation('payouts');
  const [opened, { open, close }] = useDisclosure(false);
  // What is paid seldom comes back, so the way to tell it stands back as well.
  const seldom = outcomes[0] === 'returned';
  return (
    <>
      <Button size="xs" variant={seldom ? 'subtle' : 'default'} onClick={open}>
        {t(seldom ? 'bank.cameBack' : 'bank.ask')}
      </Button>
      <Sheet opened={opened} onClose={close} title={t(seldom ? 'bank.backTitle' : 'bank.ask')}>
        <AnswerForm payout={payout} outcomes={outcomes} onClose={close} />
      </Sheet>
    </>
  );
}

interface Answer extends Record<string, unknown> {
  outcome: Outcome;
  trace: string;
  reason: string;
}

/** The form as it begins, and what the api is told: the bank's reference, or why it did not go well. */
function useAnswer({ payout, outcomes, onClose }: BankAnswerProps & { onClose: () => void }) {
  const { t } = useTranslation('payouts');
  const { headers } = useBusiness();
  const client = useQueryClient();
  const notice = useNotice();
  const { form, problem, refused, forget } = useProblemForm<Answer>({
    initialValues: { outcome: outcomes[0] ?? 'paid', trace: '', reason: '' },
    validate: {
      reason: (typed, { outcome }) =>
        outcome !== 'paid' && typed.trim() === '' ? t('bank.reasonMissing') : null,
    },
  });
  const tell = useCommand({
    send: ({ outcome, trace, reason }: Answer, attempt) =>
      payoutsCreateConfirmation({
        headers: { ...headers, ...attempt.headers },
        path: { payout_id: payout.id },
        body: {
          outcome,
          ...(outcome === 'paid'
            ? trace.trim() !== '' && { trace: trace.trim() }
            : { reason: reason.trim() }),
        },
      }),
    onSuccess: async (_, { outcome }) => {
      notice(t(`bank.told.${outcome}`));
      onClose();
      await again(client);
    },
    onError: refused,
  });
  const submit = form.onSubmit((values) => {
    forget();
    tell.mutate(values);
  });
  return { form, problem, submit, busy: tell.isPending };
}

function AnswerForm(props: BankAnswerProps & { onClose: () => void }) {
  const { t } = useTranslation('payouts');
  const { money } = useFormats();
  const { payout, outcomes, onClose } = props;
  const { form, problem, submit, busy } = useAnswer(props);
  const { outcome } = form.values;
  return (
    <SheetForm
      onSubmit={submit}
      onClose={onClose}
      problem={problem}
      busy={busy}
      deed={t(`bank.deed.${outcome}`)}
      danger={outcome !== 'paid'}
    >
      <Text>
        {t('bank.which', {
          amount: money(payout.amount),
          holder: payout.holder,
          account: payout.masked,
          number: payout.file_number,
        })}
      </Text>
      {outcomes.length > 1 && (
        <SegmentedControl
          fullWidth
          aria-label={t('bank.ask')}
          data={outcomes.map((one) => ({ value: one, label: t(`bank.did.${one}`) }))}
          value={outcome}
          onChange={(chosen) => form.setFieldValue('outcome', chosen as Outcome)}
        />
      )}
      {outcome === 'paid' ? (
        <TextInput
          label={t('bank.trace')}
          description={t('bank.traceText')}
          maxLength={200}
          autoComplete="off"
          {...form.getInputProps('trace')}
        />
      ) : (
        <Textarea
          label={t('reject.reason')}
          description={t('bank.reasonText')}
          maxLength={500}
          autosize
          withAsterisk
          data-autofocus
          {...form.getInputProps('reason')}
        />
      )}
    </SheetForm>
  );
}
