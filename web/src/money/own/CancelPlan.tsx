import { Button, Group, Radio, Skeleton, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';
import { at, ownKey, send } from './api';
import { PreviewFigures } from './PreviewFigures';
import classes from './Subscriptions.module.css';
import { previewOptions, type SubscribedDetail } from './subscriptions';
import { useAccount } from './useAccount';

type Moment = 'end' | 'now';

interface CancelPlanProps {
  subscribed: SubscribedDetail;
  onDone: () => void;
}

/** The end of a subscription, with what follows from it before it happens. */
export function CancelPlan({ subscribed: { subscription }, onDone }: CancelPlanProps) {
  const { t } = useTranslation('own');
  const { day } = useFormats();
  const { tenant_id: tenant } = useAccount();
  const client = useQueryClient();
  const notice = useNotice();
  const end = subscription.period_to;
  const [when, setWhen] = useState<Moment>(end === null ? 'now' : 'end');
  const preview = useQuery(previewOptions(tenant, subscription.id, 'cancellation', { when }));
  const cancel = useCommand({
    send: (_: undefined, { headers }) =>
      send<unknown>(at(tenant, `subscriptions/${subscription.id}/cancellation`), headers, { when }),
    onSuccess: () => {
      notice(when === 'end' && end !== null ? t('cancel.done', { day: day(end) }) : t('cancel.doneNow'));
      onDone();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ownKey(tenant) }),
  });
  return (
    <Panel title={t('cancel.title')}>
      <Stack gap="lg">
        <Radio.Group
          label={t('change.when')}
          value={when}
          onChange={(value) => setWhen(value === 'now' ? 'now' : 'end')}
        >
          <div className={classes.choices}>
            {end !== null && (
              <div className={classes.choice}>
                <Radio
                  value="end"
                  label={t('cancel.end', { day: day(end) })}
                  description={t('cancel.endText')}
                />
              </div>
            )}
            <div className={classes.choice}>
              <Radio value="now" label={t('cancel.now')} description={t('cancel.nowText')} />
            </div>
          </div>
        </Radio.Group>
        <div className={classes.preview} role="status" aria-busy={preview.isPending}>
          {preview.error !== null ? (
            <FormError problem={preview.error instanceof ApiProblem ? preview.error : new ApiProblem({})} />
          ) : preview.data === undefined ? (
            <Skeleton height={48} />
          ) : (
            <PreviewFigures preview={{ ...preview.data, next: null }} nothing={t('cancel.nothing')} />
          )}
        </div>
        <FormError problem={cancel.error} />
        <Group gap="sm">
          <Button
            size="md"
            color="red"
            disabled={preview.data === undefined}
            loading={cancel.isPending}
            onClick={() => cancel.mutate(undefined)}
          >
            {when === 'end' && end !== null
              ? t('cancel.confirmEnd', { day: day(end) })
              : t('cancel.confirmNow')}
          </Button>
          <Button size="md" variant="default" onClick={onDone}>
            {t('cancel.keep')}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
