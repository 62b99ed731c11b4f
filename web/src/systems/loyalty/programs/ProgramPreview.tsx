import { useTranslation } from 'react-i18next';
import { StampCard } from '../../../ui/StampCard';
import { FEWEST_STAMPS, MOST_STAMPS, type ProgramValues } from './values';

interface ProgramPreviewProps {
  values: Pick<ProgramValues, 'name' | 'stamps_required' | 'reward'>;
  business: { name: string; logo_url: string | null; accent: string | null };
}

/** The card as a member who is more than half way there will see it. */
export function ProgramPreview({ values, business }: ProgramPreviewProps) {
  const { t } = useTranslation('programs');
  const typed = Number.isNaN(values.stamps_required) ? FEWEST_STAMPS : Math.round(values.stamps_required);
  const required = Math.min(MOST_STAMPS, Math.max(FEWEST_STAMPS, typed));
  return (
    <StampCard
      business={business.name.trim() || t('preview.business')}
      program={values.name.trim() || t('preview.program')}
      reward={values.reward.trim() || t('preview.reward')}
      stamps={Math.max(1, Math.floor(required * 0.6))}
      required={required}
      logoUrl={business.logo_url}
      accent={business.accent}
      name={t('preview.member')}
    />
  );
}
