/** How often somebody comes, in the unit that a person would say it in. */

import { useTranslation } from 'react-i18next';

const WEEK = 7;
const MONTH = 30.44;

/** The unit, and how many of it lie between two visits; at least one. */
export function rhythmOf(days: number): { unit: 'day' | 'week' | 'month'; count: number } {
  if (days < 2 * WEEK) return { unit: 'day', count: Math.max(1, Math.round(days)) };
  if (days < 2 * MONTH) return { unit: 'week', count: Math.round(days / WEEK) };
  return { unit: 'month', count: Math.round(days / MONTH) };
}

/** "Every 6 days". */
export function useRhythm(): (days: number) => string {
  const { t } = useTranslation('loyalty');
  return (days) => {
    const { unit, count } = rhythmOf(days);
    return t(`rhythm.${unit}`, { count });
  };
}
