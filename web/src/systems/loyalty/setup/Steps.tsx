import { UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../../ui/format';
import { STEPS, type Step } from './address';
import classes from './Steps.module.css';

interface StepsProps {
  current: Step;
  /** How many steps are behind; those, and the one after, can be gone to. */
  done: number;
  onGo: (step: Step) => void;
}

/** Where set-up is: three steps, the done ones with a tick. */
export function Steps({ current, done, onGo }: StepsProps) {
  const { t } = useTranslation('programs');
  const { count } = useFormats();
  return (
    <nav aria-label={t('setup.steps')}>
      <ol className={classes.steps}>
        {STEPS.map((step, index) => {
          const isCurrent = step === current;
          const isDone = index < done;
          const face = (
            <>
              <span className={classes.mark} aria-hidden="true">
                {isDone ? <IconCheck size={16} stroke={3} /> : count(index + 1)}
              </span>
              <span className={classes.name}>{t(`setup.step.${step}`)}</span>
            </>
          );
          return (
            <li
              key={step}
              className={classes.step}
              data-current={isCurrent || undefined}
              data-done={isDone || undefined}
            >
              {index <= done && !isCurrent ? (
                <UnstyledButton className={classes.face} onClick={() => onGo(step)}>
                  {face}
                </UnstyledButton>
              ) : (
                <span className={classes.face} aria-current={isCurrent ? 'step' : undefined}>
                  {face}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
