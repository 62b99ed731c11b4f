import { Button, NumberInput, Radio, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconSettings } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { payoutsPutPayoutSettings, type Settings } from '../../api';
import { payoutsShowPayoutSettingsOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { minorOf, typedOf } from '../../ui/amounts';
import { Loaded } from '../../ui/Loaded';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import { AmountField } from '../parts/AmountField';
import { forget as forgetAnswers } from '../parts/forget';
import { Sheet, SheetForm } from '../parts/Sheet';

const RAILS = ['bank_file', 'razorpayx', 'sandbox'] as const satisfies ReadonlyArray<Settings['rail']>;
const MOST_DAYS = 365;

/** How the business pays out, for whoever decides it. */
export function PayoutSettings() {
  const { t } = useTranslation('payouts');
  const { may } = useBusiness();
  const [opened, { open, close }] = useDisclosure(false);
  if (!may('payouts.manage')) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSettings size={18} stroke={1.6} aria-hidden="true" />}
        onClick={open}
      >
        {t('settings')}
      </Button>
      <Sheet opened={opened} onClose={close} title={t('settings.title')}>
        <Decided onClose={close} />
      </Sheet>
    </>
  );
}

function Decided({ onClose }: { onClose: () => void }) {
  const { headers } = useBusiness();
  // A form begins with what holds now, so an older answer will not do.
  const query = useQuery({ ...payoutsShowPayoutSettingsOptions({ headers }), staleTime: 0, gcTime: 0 });
  return (
    <Loaded query={query} skeleton={<Skeleton height={420} />}>
      {(settings) => <SettingsForm settings={settings} onClose={onClose} />}
    </Loaded>
  );
}

interface Typed extends Record<string, unknown> {
  minimum: string;
  holding_days: number | string;
  two_approvals_above: string;
  rail: Settings['rail'];
  rail_account: string;
}

const isDays = (typed: number | string) =>
  typeof typed === 'number' && Number.isInteger(typed) && typed >= 0 && typed <= MOST_DAYS;

interface SettingsFormProps {
  settings: Settings;
  onClose: () => void;
}

/** The form as it stands, with what may be typed, and the decision that it becomes. */
function useDeciding({ settings, onClose }: SettingsFormProps) {
  const { t } = useTranslation('payouts');
  const { t: common } = useTranslation('ui');
  const { headers, currency } = useBusiness();
  const client = useQueryClient();
  const notice = useNotice();
  const above = settings.two_approvals_above;
  const { form, problem, refused, forget } = useProblemForm<Typed>({
    initialValues: {
      minimum: typedOf(settings.minimum, currency),
      holding_days: settings.holding_days,
      two_approvals_above: above === null ? '' : typedOf(above, currency),
      rail: settings.rail,
      rail_account: settings.rail_account ?? '',
    },
    validate: {
      minimum: (typed) => (minorOf(typed, currency) === null ? t('settings.fault.amount') : null),
      holding_days: (typed) => (isDays(typed) ? null : t('settings.fault.days')),
      two_approvals_above: (typed) =>
        typed.trim() !== '' && minorOf(typed, currency) === null ? t('settings.fault.amount') : null,
      rail_account: (typed, { rail }) =>
        rail === 'razorpayx' && !/^[A-Za-z0-9]+$/.test(typed.trim()) ? t('settings.fault.account') : null,
    },
  });
  const decide = useCommand({
    send: (values: Typed, attempt) =>
      payoutsPutPayoutSettings({
        headers: { ...headers, ...attempt.headers },
        body: {
          minimum: minorOf(values.minimum, currency) ?? 0,
          holding_days: Number(values.holding_days),
          two_approvals_above: minorOf(values.two_approvals_above.trim(), currency),
          rail: values.rail,
          rail_account: values.rail_account.trim() || null,
        },
      }),
    onSuccess: async () => {
      notice(common('saved'));
      onClose();
      await forgetAnswers(client, ['payoutsShowPayoutSettings']);
    },
    onError: refused,
  });
  const submit = form.onSubmit((values) => {
    forget();
    decide.mutate(values);
  });
  return { form, problem, submit, busy: decide.isPending };
}

function SettingsForm(props: SettingsFormProps) {
  const { t } = useTranslation('payouts');
  const { t: common } = useTranslation('ui');
  const { currency } = useBusiness();
  const { form, problem, submit, busy } = useDeciding(props);
  return (
    <SheetForm onSubmit={submit} onClose={props.onClose} problem={problem} busy={busy} deed={common('save')}>
      <Text size="sm" c="dimmed">
        {t('settings.text')}
      </Text>
      <AmountField
        label={t('settings.minimum')}
        description={t('settings.minimumText')}
        currency={currency}
        withAsterisk
        data-autofocus
        {...form.getInputProps('minimum')}
      />
      <NumberInput
        label={t('settings.days')}
        description={t('settings.daysText')}
        min={0}
        max={MOST_DAYS}
        allowDecimal={false}
        allowNegative={false}
        withAsterisk
        {...form.getInputProps('holding_days')}
      />
      <AmountField
        label={t('settings.two')}
        description={t('settings.twoText')}
        currency={currency}
        {...form.getInputProps('two_approvals_above')}
      />
      <Radio.Group label={t('settings.rail')} {...form.getInputProps('rail')}>
        <Stack gap="sm" mt="xs">
          {RAILS.map((rail) => (
            <Radio
              key={rail}
              value={rail}
              label={t(`settings.rail.${rail}`)}
              description={t(`settings.railText.${rail}`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      {form.values.rail === 'razorpayx' && (
        <TextInput
          label={t('settings.account')}
          description={t('settings.accountText')}
          maxLength={40}
          autoComplete="off"
          withAsterisk
          {...form.getInputProps('rail_account')}
        />
      )}
    </SheetForm>
  );
}
