/** How this phone works, chosen on the phone itself. */

import { useLocalStorage } from '@mantine/hooks';

export interface Settings {
  sound: boolean;
  /** A scanned card is stamped without another tap. */
  atOnce: boolean;
  /** The screen stays on while the stamper is open. */
  awake: boolean;
  /** The camera at the back, or the one that looks at whoever stands before a tablet. */
  camera: 'environment' | 'user';
  /** The camera was turned on here before, so it is turned on again without being asked. */
  cameraOn: boolean;
  /** The program that numbers are stamped for. */
  program: string | null;
}

const DEFAULTS: Settings = {
  sound: true,
  atOnce: false,
  awake: false,
  camera: 'environment',
  cameraOn: false,
  program: null,
};

export function useSettings(): [Settings, (changes: Partial<Settings>) => void] {
  const [kept, keep] = useLocalStorage<Partial<Settings>>({
    key: 'holdfast.stamper',
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  return [{ ...DEFAULTS, ...kept }, (changes) => keep((now) => ({ ...now, ...changes }))];
}
