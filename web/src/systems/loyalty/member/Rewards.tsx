import { useTranslation } from 'react-i18next';
import {
  type LoyaltyShowCustomerResponse as Customer,
  loyaltyCreateRedemptionWithoutCode,
  type Reward,
} from '../../../api';
import { useCommand } from '../../../queries';
import { useBusiness } from '../../../shell/session';
import { ConfirmButton } from '../../../ui/ConfirmButton';
import { useFormats } from '../../../ui/format';
import { Panel } from '../../../ui/Panel';
import { StatusBadge, type Tone } from '../../../ui/StatusBadge';
import { useNotice } from '../../../ui/useNotice';
import { newId } from '../stamper/ids';
import classes from './Member.module.css';
import { useRefresh } from './useRefresh';

const TONES: Record<Reward['status'], Tone> = {
  earned: 'good',
  redeemed: 'neutral',
  expired: 'warn',
  cancelled: 'neutral',
};

/** What the member earned: those to be had first, and what became of the others. */
export function Rewards({ member }: { member: Customer }) {
  const { t } = useTranslation('loyalty');
  const { headers, timezone, may } = useBusiness();
  const { day } = useFormats({ timezone });
  const refresh = useRefresh(member.id);
  const notice = useNotice();
  const redeem = useCommand({
    send: ({ reward, id }: { reward: Reward; id: string }, attempt) =>
      loyaltyCreateRedemptionWithoutCode({
        headers: { ...headers, ...attempt.headers },
        path: { reward_id: reward.id },
        body: { id },
      }),
    onSuccess: async ({ reward }) => {
      notice(t('reward.redeemedNow', { reward }));
      await refresh();
    },
  });
  const when = (reward: Reward) => {
    if (reward.status === 'earned')
      return reward.expires_at === null
        ? t('reward.earnedOn', { day: day(reward.earned_at) })
        : t('reward.goodUntil', { day: day(reward.expires_at) });
    return reward.ended_at === null ? null : t(`reward.${reward.status}On`, { day: day(reward.ended_at) });
  };
  return (
    <Panel title={t('member.rewards')}>
      {member.rewards.length === 0 ? (
        <span className={classes.when}>{t('member.noRewards')}</span>
      ) : (
        <ul className={classes.rewards}>
          {member.rewards.map((reward) => (
            <li key={reward.id} className={classes.reward}>
              <div>
                <div className={classes.promise}>{reward.reward}</div>
                <div className={classes.when}>{when(reward)}</div>
              </div>
              {reward.status === 'earned' && may('loyalty.redeem_without_code') ? (
                <ConfirmButton
                  size="sm"
                  label={t('reward.redeem')}
                  title={t('reward.redeemTitle')}
                  message={t('reward.redeemMessage', { name: member.name, reward: reward.reward })}
                  confirm={t('reward.redeemConfirm')}
                  onConfirm={() => redeem.mutateAsync({ reward, id: newId() })}
                />
              ) : (
                <StatusBadge tone={TONES[reward.status]}>{t(`reward.status.${reward.status}`)}</StatusBadge>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
