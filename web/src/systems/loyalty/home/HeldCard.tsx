import { useTranslation } from 'react-i18next';
import type { Holding } from '../../../shell/systems';
import { StampCard } from '../../../ui/StampCard';

/** A stamp card as its holder knows it; generic facts stand in for what the business could not tell just now. */
export function HeldCard({ holding }: { holding: Holding }) {
  const { t } = useTranslation();
  return (
    <StampCard
      business={holding.business}
      program={holding.title}
      reward={holding.ready ? t('home.ready', { reward: holding.subtitle }) : (holding.subtitle ?? '')}
      stamps={holding.done ?? 0}
      required={holding.of ?? 1}
      logoUrl={holding.logo_url ?? null}
      accent={holding.accent ?? null}
    />
  );
}
