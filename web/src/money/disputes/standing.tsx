import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { Ago } from '../../ui/Ago';
import { useFormats } from '../../ui/format';
import { StatusBadge, type Tone } from '../../ui/StatusBadge';
import type { Dispute } from '../types';

const TONES: Record<Dispute['status'], Tone> = {
  needs_response: 'bad',
  under_review: 'info',
  won: 'good',
  lost: 'neutral',
};

export function DisputeBadge({ dispute }: { dispute: Dispute }) {
  const { t } = useTranslation('money');
  return <StatusBadge tone={TONES[dispute.status]}>{t(`dispute.state.${dispute.status}`)}</StatusBadge>;
}

/** Until when it must be answered; nothing once it is. */
export function DueAt({ dispute }: { dispute: Dispute }) {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const { moment } = useFormats({ timezone });
  if (dispute.status !== 'needs_response' || dispute.due_at === null) return t('disputes.nothingDue');
  return (
    <span title={moment(dispute.due_at)}>
      <Ago at={dispute.due_at} timezone={timezone} />
    </span>
  );
}
