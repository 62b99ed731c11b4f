import { Modal, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconZoomQuestion } from '@tabler/icons-react';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { type Money, useFormats } from '../../ui/format';
import { part } from '../../ui/part';
import type { Derivation } from '../billing';
import classes from './Why.module.css';

const Working = part(() => import('./Working'), 'Working');

export interface WhyOf {
  /** What was worked out for the amount, the last first where it is only one of them. */
  derivations: readonly Derivation[];
  /** The invoice whose figures are worked out again to see that they agree; absent for what is only a preview. */
  invoice?: string | undefined;
}

interface WhyButtonProps extends WhyOf {
  amount: Money;
  /** What the amount is, such as "Tax 18 %". */
  label: string;
}

/** An amount that tells why it is what it is, by one click. */
export function WhyButton({ amount, label, derivations, invoice }: WhyButtonProps) {
  const { t } = useTranslation('money');
  const { t: common } = useTranslation('ui');
  const { money } = useFormats();
  const [opened, { open, close }] = useDisclosure(false);
  const text = money(amount);
  if (derivations.length === 0) return <span className="hf-figures">{text}</span>;
  return (
    <>
      <UnstyledButton
        className={classes.amount}
        onClick={open}
        aria-label={t('why.open', { amount: text, label })}
        aria-haspopup="dialog"
      >
        <span className="hf-figures">{text}</span>
        <IconZoomQuestion size={15} stroke={1.7} aria-hidden="true" className={classes.mark} />
      </UnstyledButton>
      <Modal
        opened={opened}
        onClose={close}
        title={t('why.title', { label })}
        size={560}
        closeButtonProps={{ 'aria-label': common('close') }}
      >
        <Suspense>
          <Working amount={amount} derivations={derivations} invoice={invoice} />
        </Suspense>
      </Modal>
    </>
  );
}
