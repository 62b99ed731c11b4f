import { Alert, Button, Text } from '@mantine/core';
import { IconCloudOff, IconGift } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../../client';
import { useSentence } from '../../../ui/ProblemNotice';
import { problemOf } from './device';
import { newId } from './ids';
import { Sheet } from './Sheet';
import classes from './Sheet.module.css';
import { stamper } from './stamper';

export interface Redeemed {
  reward: string;
  name: string | null;
}

interface RewardSheetProps {
  code: string;
  online: boolean;
  onRedeemed: (redeemed: Redeemed) => void;
  onRefused: (problem: ApiProblem) => void;
  onClose: () => void;
}

/**
 * A reward was scanned. It is redeemed with a network only: without one, nobody could know whether it was redeemed at
 * another counter a minute ago.
 */
export function RewardSheet({ code, online, onRedeemed, onRefused, onClose }: RewardSheetProps) {
  const { t } = useTranslation('stamper');
  const sentence = useSentence();
  // The same at every attempt, so that a lost answer does not redeem for nobody.
  const [id] = useState(() => newId());
  const redeem = useMutation<Redeemed, ApiProblem, void>({
    mutationFn: async () => {
      const device = stamper.device;
      if (device === null) throw problemOf(null);
      const reward = await device.redeem(code, id);
      const guest = await device.customer(reward.member_id).catch(() => null);
      return { reward: reward.reward, name: guest?.name ?? null };
    },
    onSuccess: onRedeemed,
    onError: (problem) => {
      if (!problem.passing) onRefused(problem);
    },
  });
  return (
    <Sheet opened onClose={onClose} title={t('reward.title')}>
      <span className={classes.gift} aria-hidden="true">
        <IconGift size={44} stroke={1.5} />
      </span>
      <Text ta="center">{t('reward.once')}</Text>
      {!online && (
        <Alert role="alert" variant="light" color="yellow" icon={<IconCloudOff />}>
          {t('reward.offline')}
        </Alert>
      )}
      {redeem.error?.passing && (
        <Alert role="alert" variant="light" color="yellow" icon={<IconCloudOff />}>
          {redeem.error.unreachable ? t('reward.unknown') : sentence(redeem.error)}
        </Alert>
      )}
      <Button
        className={classes.deed ?? ''}
        disabled={!online}
        loading={redeem.isPending}
        onClick={() => redeem.mutate()}
        data-autofocus
      >
        {t('reward.redeem')}
      </Button>
    </Sheet>
  );
}
