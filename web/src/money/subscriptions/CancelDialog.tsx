import { Radio, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { billingPreviewCancellation } from '../../api';
import { ApiProblem } from '../../client';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import type { SubscriptionDetail } from '../billing';
import { Sheet, SheetForm } from '../parts/Sheet';
import { useCancel } from './commands';
import { Bill } from './PreviewTable';

interface CancelDialogProps {
  detail: SubscriptionDetail;
  opened: boolean;
  onClose: () => void;
}

/** End a subscription now or with its period, with what that gives back before it is done. */
export function CancelDialog({ detail, opened, onClose }: CancelDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('end.title')}>
      <CancelForm detail={detail} onClose={onClose} />
    </Sheet>
  );
}

function CancelForm({ detail: { subscription }, onClose }: Omit<CancelDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const { headers } = useBusiness();
  const { day } = useFormats();
  const [when, setWhen] = useState<'now' | 'end'>('end');
  const cancel = useCancel(subscription.id);
  const preview = useQuery({
    queryKey: ['money', 'cancel', headers, subscription.id, subscription.version, when],
    queryFn: async ({ signal }) =>
      (
        await billingPreviewCancellation({
          headers,
          path: { subscription_id: subscription.id },
          body: { when },
          signal,
        })
      ).data,
    retry: false,
  });
  return (
    <SheetForm
      onSubmit={() => cancel.mutate(when, { onSuccess: onClose })}
      onClose={onClose}
      problem={cancel.error}
      busy={cancel.isPending}
      deed={t(when === 'now' ? 'end.deedNow' : 'end.deedEnd')}
      danger
    >
      <Radio.Group
        label={t('change.when')}
        value={when}
        onChange={(value) => setWhen(value === 'now' ? 'now' : 'end')}
      >
        <Stack gap="xs" mt="xs">
          <Radio
            value="end"
            label={t('end.atEnd')}
            description={
              subscription.period_to === null
                ? undefined
                : t('end.atEndHint', { day: day(subscription.period_to) })
            }
          />
          <Radio value="now" label={t('end.now')} description={t('end.nowHint')} />
        </Stack>
      </Radio.Group>
      <div aria-live="polite">
        {preview.error instanceof ApiProblem ? (
          <FormError problem={preview.error} />
        ) : preview.data === undefined ? (
          <Skeleton height={90} radius="md" />
        ) : (
          <Bill title={t('end.gives')} totals={preview.data.now} nothing={t('end.givesNothing')} />
        )}
      </div>
    </SheetForm>
  );
}
