import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconHelpCircle, IconHourglass, IconLockOpen, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import type { PaymentDetail } from '../types';
import { useRefreshPayment } from './commands';
import { declineKey, type Notice, noticeFor } from './timeline';

const LOOKS = {
  unknown: { color: 'yellow', Picture: IconHelpCircle },
  processing: { color: 'blue', Picture: IconHourglass },
  requires_action: { color: 'yellow', Picture: IconHourglass },
  authorized: { color: 'blue', Picture: IconLockOpen },
  failed: { color: 'red', Picture: IconX },
  disputed: { color: 'red', Picture: IconAlertTriangle },
} as const satisfies Record<Notice, unknown>;

/** Where the money is at this moment and what happens next, while that is not plain. */
export function StandingNotice({ detail }: { detail: PaymentDetail }) {
  const { t } = useTranslation('money');
  const { slug, timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  const { payment, attempts, disputes } = detail;
  const notice = noticeFor(payment);
  const refresh = useRefreshPayment(payment.id);
  if (notice === null) return null;
  const { color, Picture } = LOOKS[notice];
  const doubted = attempts.find((attempt) => attempt.state === 'unknown');
  const dispute = disputes.find((one) => one.closed_at === null) ?? disputes[0];
  const decline = declineKey(payment.decline_code);
  return (
    <Alert
      variant="light"
      color={color}
      icon={<Picture aria-hidden="true" />}
      title={t(`notice.${notice}.title`)}
    >
      <Stack gap="xs" align="flex-start">
        <FormError problem={refresh.error} />
        <Text size="sm">{t(`notice.${notice}.text`)}</Text>
        {notice === 'failed' && (decline !== null || payment.decline_message !== null) && (
          <Text size="sm">{decline === null ? payment.decline_message : t(`decline.${decline}`)}</Text>
        )}
        {notice === 'unknown' && doubted !== undefined && doubted.asked > 0 && (
          <Text size="sm">{t('notice.asked', { count: doubted.asked })}</Text>
        )}
        {(notice === 'unknown' || notice === 'processing' || notice === 'requires_action') && (
          <Button
            size="xs"
            variant="default"
            loading={refresh.isPending}
            onClick={() => refresh.mutate(null)}
          >
            {t('payment.askAgain')}
          </Button>
        )}
        {notice === 'disputed' && dispute !== undefined && (
          <>
            {dispute.due_at !== null && dispute.status === 'needs_response' && (
              <Text size="sm">{t('notice.disputed.due', { moment: moment(dispute.due_at) })}</Text>
            )}
            <LinkText
              to="/console/$slug/money/disputes/$disputeId"
              params={{ slug, disputeId: dispute.id }}
              size="sm"
              c="inherit"
            >
              {t('notice.disputed.open')}
            </LinkText>
          </>
        )}
      </Stack>
    </Alert>
  );
}
