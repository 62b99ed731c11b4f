import { useEffect, useSyncExternalStore } from 'react';
import { stamper, type View } from './stamper';

/** The stamper of this browser as it is now; opens it, if nobody has. */
export function useStamper(): View {
  useEffect(() => void stamper.open(), []);
  return useSyncExternalStore(stamper.subscribe, stamper.view);
}
