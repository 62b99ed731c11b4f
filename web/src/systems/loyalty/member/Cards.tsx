import { useTranslation } from 'react-i18next';
import type { LoyaltyShowCustomerResponse as Customer } from '../../../api';
import { useBusiness } from '../../../shell/session';
import { Empty } from '../../../ui/Empty';
import { Panel } from '../../../ui/Panel';
import { StampCard } from '../../../ui/StampCard';
import { StatusBadge } from '../../../ui/StatusBadge';
import classes from './Member.module.css';
import { StampForm } from './StampForm';

/** The member's cards as they see them, each with the stamp for it. */
export function Cards({ member }: { member: Customer }) {
  const { t } = useTranslation('loyalty');
  const business = useBusiness();
  return (
    <Panel title={t('member.cards')}>
      {member.cards.length === 0 ? (
        <Empty title={t('member.noCards')} />
      ) : (
        <div className={classes.cards}>
          {member.cards.map((card) => (
            <div key={card.id} className={classes.card}>
              <StampCard
                business={business.name}
                program={card.program}
                reward={card.reward}
                stamps={card.stamps}
                required={card.stamps_required}
                logoUrl={business.logo_url}
                accent={business.accent}
                name={member.name}
              />
              {card.program_status === 'archived' ? (
                <StatusBadge tone="neutral">{t('member.archived')}</StatusBadge>
              ) : (
                business.may('loyalty.stamp') && <StampForm member={member} card={card} />
              )}
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}
