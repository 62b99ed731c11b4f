import { useTranslation } from 'react-i18next';
import { StampCard, type StampCardProps } from '../ui/StampCard';

const EXAMPLES = {
  cafe: ['welcome.picture.business', 'welcome.picture.program', 'welcome.picture.reward'],
  bakery: ['welcome.picture.other', 'welcome.picture.otherProgram', 'welcome.picture.otherReward'],
  books: ['welcome.picture.third', 'welcome.picture.thirdProgram', 'welcome.picture.thirdReward'],
} as const;

type ExampleCardProps = Omit<StampCardProps, 'business' | 'program' | 'reward'> & {
  of: keyof typeof EXAMPLES;
};

/** The card of an invented business, for pages that show what this is about. */
export function ExampleCard({ of, ...card }: ExampleCardProps) {
  const { t } = useTranslation();
  const [business, program, reward] = EXAMPLES[of];
  return <StampCard business={t(business)} program={t(program)} reward={t(reward)} {...card} />;
}
