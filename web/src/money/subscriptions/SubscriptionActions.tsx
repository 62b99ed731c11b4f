import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import type { SubscriptionDetail } from '../billing';
import { CancelDialog } from './CancelDialog';
import { ChangeDialog } from './ChangeDialog';
import { CouponDialog } from './CouponDialog';
import { useResume } from './commands';
import { PauseDialog } from './PauseDialog';

type Deed = 'change' | 'pause' | 'coupon' | 'cancel';

/** What can be done about a subscription as it stands. */
export function SubscriptionActions({ detail }: { detail: SubscriptionDetail }) {
  const { t } = useTranslation('money');
  const { may } = useBusiness();
  const { subscription, plan } = detail;
  const [deed, setDeed] = useState<Deed | null>(null);
  const resume = useResume(subscription.id);
  if (!may('billing.manage') || subscription.ended_on !== null) return null;
  const ours = subscription.owner === 'engine';
  const going = ['active', 'trialing', 'past_due'].includes(subscription.status);
  const close = () => setDeed(null);
  return (
    <>
      {resume.error !== null && <FormError problem={resume.error} />}
      {subscription.status === 'paused' && (
        <Button loading={resume.isPending} onClick={() => resume.mutate(null)}>
          {t('subscription.resume')}
        </Button>
      )}
      {ours && going && <Button onClick={() => setDeed('change')}>{t('change.label')}</Button>}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden="true" />}>
            {t('more')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {ours && going && <Menu.Item onClick={() => setDeed('coupon')}>{t('couponUse.label')}</Menu.Item>}
          {ours && going && plan.pausable && (
            <Menu.Item onClick={() => setDeed('pause')}>{t('pause.label')}</Menu.Item>
          )}
          <Menu.Item c="red" onClick={() => setDeed('cancel')}>
            {t('end.label')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ChangeDialog detail={detail} opened={deed === 'change'} onClose={close} />
      <PauseDialog id={subscription.id} opened={deed === 'pause'} onClose={close} />
      <CouponDialog id={subscription.id} opened={deed === 'coupon'} onClose={close} />
      <CancelDialog detail={detail} opened={deed === 'cancel'} onClose={close} />
    </>
  );
}
