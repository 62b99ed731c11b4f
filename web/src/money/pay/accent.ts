import { useComputedColorScheme } from '@mantine/core';
import { useEffect } from 'react';
import { showAccent } from '../../ui/accent';

/** The colour of a business, for as long as a page of its is on screen. */
export function useAccent(accent: string | null | undefined): void {
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    showAccent(accent, scheme);
    return () => showAccent(null, scheme);
  }, [accent, scheme]);
}
