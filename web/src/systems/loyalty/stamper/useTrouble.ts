import { useNetwork } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import type { View } from './stamper';
import { inOne, useSaid } from './useSaid';

/** Whether the api can be reached, as far as anybody knows. */
export function useOnline(view: View): boolean {
  const { online } = useNetwork();
  return online && !(view.standing.state === 'waiting' && !view.standing.busy);
}

/** Why stamps wait, in a sentence; null when nothing is in their way. */
export function useTrouble(view: View): string | null {
  const { t } = useTranslation('stamper');
  const online = useOnline(view);
  const said = useSaid();
  const { standing } = view;
  if (standing.state === 'paused') return inOne(said(standing.refusal));
  if (!online) return t('trouble.offline');
  return standing.state === 'waiting' ? t('trouble.busy') : null;
}
