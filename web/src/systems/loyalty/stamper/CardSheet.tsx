import { Alert, Button, Skeleton, Text } from '@mantine/core';
import { IconCloudOff, IconRubberStamp } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Money } from '../../../ui/format';
import { useSentence } from '../../../ui/ProblemNotice';
import { StampCard } from '../../../ui/StampCard';
import { AmountButton } from './AmountPad';
import { problemOf } from './device';
import type { Whom } from './entries';
import { Sheet } from './Sheet';
import classes from './Sheet.module.css';
import { type Pairing, stamper } from './stamper';

interface CardSheetProps {
  code: string;
  /** The card that the code is of. */
  card: string;
  pairing: Pairing;
  online: boolean;
  busy: boolean;
  amount: Money | null;
  onAmount: (amount: Money | null) => void;
  onStamp: (whom: Whom, name: string | null) => Promise<boolean>;
  onClose: () => void;
}

/** A card was scanned: whose it is, as far as the network tells, and one big button. */
export function CardSheet({
  code,
  card,
  pairing,
  online,
  busy,
  amount,
  onAmount,
  onStamp,
  onClose,
}: CardSheetProps) {
  const { t } = useTranslation('stamper');
  const sentence = useSentence();
  const query = useQuery({
    queryKey: ['stamper', 'code', code],
    queryFn: () => stamper.device?.find({ code }) ?? null,
    enabled: online,
    retry: false,
    staleTime: 60_000,
  });
  const guest = query.data;
  const held = guest?.cards.find(({ id }) => id === card);
  const problem = query.error === null ? null : problemOf(query.error);
  const refused = problem !== null && !problem.passing;
  const unseen = !online || problem?.passing === true;
  const { business } = pairing;
  return (
    <Sheet opened onClose={onClose} title={guest?.name ?? t('card.scanned')}>
      {held !== undefined && (
        <div className={classes.card}>
          <StampCard
            business={business.name}
            program={held.program}
            reward={held.reward}
            stamps={held.stamps}
            required={held.stamps_required}
            logoUrl={pairing.logo}
            accent={business.accent}
            size="sm"
          />
        </div>
      )}
      {query.isLoading && <Skeleton height={150} radius="lg" maw={280} mx="auto" w="100%" />}
      {unseen && (
        <Alert variant="light" color="yellow" icon={<IconCloudOff />}>
          {t('card.offline')}
        </Alert>
      )}
      {refused && (
        <Alert role="alert" variant="light" color="red">
          {sentence(problem)}
        </Alert>
      )}
      {held !== undefined && guest !== null && guest !== undefined && (
        <Text c="dimmed" size="sm" ta="center">
          {guest.visits === 0 ? t('card.first') : t('card.visits', { count: guest.visits })}
        </Text>
      )}
      {refused ? (
        <Button className={classes.deed ?? ''} variant="default" onClick={onClose} data-autofocus>
          {t('card.again')}
        </Button>
      ) : (
        <div className={classes.deeds}>
          <AmountButton currency={business.currency} amount={amount} onAmount={onAmount} />
          <Button
            className={classes.deed ?? ''}
            loading={busy}
            onClick={() => void onStamp({ code }, guest?.name ?? null)}
            leftSection={<IconRubberStamp size={28} aria-hidden="true" />}
            data-autofocus
          >
            {t('stamp')}
          </Button>
        </div>
      )}
    </Sheet>
  );
}
