import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Sheet, SheetForm } from '../parts/Sheet';
import { useCoupon } from './commands';

interface CouponDialogProps {
  id: string;
  opened: boolean;
  onClose: () => void;
}

/** Use a coupon for a subscription that runs already. */
export function CouponDialog({ id, opened, onClose }: CouponDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('couponUse.title')}>
      <CouponForm id={id} onClose={onClose} />
    </Sheet>
  );
}

function CouponForm({ id, onClose }: Omit<CouponDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const [code, setCode] = useState('');
  const use = useCoupon(id);
  return (
    <SheetForm
      onSubmit={() => use.mutate(code.trim(), { onSuccess: onClose })}
      onClose={onClose}
      problem={use.error}
      busy={use.isPending}
      disabled={code.trim() === ''}
      deed={t('couponUse.deed')}
    >
      <TextInput
        label={t('coupon.code')}
        description={t('couponUse.hint')}
        maxLength={100}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        data-autofocus
      />
    </SheetForm>
  );
}
