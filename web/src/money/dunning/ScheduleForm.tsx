import { Button, Group, NumberInput, Radio, Stack, Switch } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { billingSetDunning } from '../../api';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';
import type { Policy } from '../billing';
import { forget } from '../parts/forget';
import { MOST_DAYS } from './schedule';
import { TimelineEditor } from './TimelineEditor';

const OUTCOMES = ['pause', 'cancel', 'keep'] as const;

/** The schedule to be changed, with the line of days as it would be. */
export function ScheduleForm({ policy }: { policy: Policy }) {
  const { t } = useTranslation('money');
  const { t: common } = useTranslation('ui');
  const { headers, may } = useBusiness();
  const client = useQueryClient();
  const notice = useNotice();
  const [wanted, setWanted] = useState(policy);
  const changed = JSON.stringify(wanted) !== JSON.stringify(policy);
  const readOnly = !may('billing.manage');
  const save = useCommand({
    send: (body: Policy, attempt) => billingSetDunning({ headers: { ...headers, ...attempt.headers }, body }),
    onSuccess: async () => {
      await forget(client, ['billingShowDunning']);
      notice(common('saved'));
    },
  });
  const change = (part: Partial<Policy>) => setWanted((before) => ({ ...before, ...part }));
  return (
    <Stack>
      <FormError problem={save.error} />
      <Panel title={t('dunning.when')} description={t('dunning.whenHint')}>
        <TimelineEditor policy={wanted} readOnly={readOnly} onDays={(retry_days) => change({ retry_days })} />
      </Panel>
      <Panel title={t('dunning.then')}>
        <Stack gap="md">
          <NumberInput
            label={t('dunning.grace')}
            description={t('dunning.graceHint')}
            w="14rem"
            maw="100%"
            min={0}
            max={MOST_DAYS}
            allowDecimal={false}
            disabled={readOnly}
            value={wanted.grace_days}
            onChange={(value) => change({ grace_days: Math.max(0, Number(value) || 0) })}
          />
          <Radio.Group
            label={t('dunning.outcome')}
            value={wanted.outcome}
            onChange={(value) => change({ outcome: OUTCOMES.find((one) => one === value) ?? 'pause' })}
          >
            <Stack gap="xs" mt="xs">
              {OUTCOMES.map((one) => (
                <Radio
                  key={one}
                  value={one}
                  label={t(`dunning.outcome.${one}`)}
                  description={t(`dunning.outcomeHint.${one}`)}
                  disabled={readOnly}
                />
              ))}
            </Stack>
          </Radio.Group>
          <Switch
            label={t('dunning.notices')}
            description={t('dunning.noticesHint')}
            checked={wanted.notices}
            disabled={readOnly}
            onChange={(event) => change({ notices: event.currentTarget.checked })}
          />
        </Stack>
      </Panel>
      <Panel title={t('dunning.mails')}>
        <Switch
          label={t('dunning.mailsLabel')}
          description={t('dunning.mailsHint')}
          checked={wanted.mails ?? true}
          disabled={readOnly}
          onChange={(event) => change({ mails: event.currentTarget.checked })}
        />
      </Panel>
      {!readOnly && (
        <Group justify="flex-end" gap="sm">
          <Button variant="default" disabled={!changed} onClick={() => setWanted(policy)}>
            {t('dunning.undo')}
          </Button>
          <Button disabled={!changed} loading={save.isPending} onClick={() => save.mutate(wanted)}>
            {common('save')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
