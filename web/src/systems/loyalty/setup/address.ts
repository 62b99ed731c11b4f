/** What set-up keeps in the address, so that a reload or the way back loses nothing. */

import { newId } from '../stamper/ids';

export const STEPS = ['business', 'card', 'poster'] as const;
export type Step = (typeof STEPS)[number];

export interface SetupSearch {
  /** The business that is opened here; its id is made before it is there, so that sent twice it is opened once. */
  business?: string;
  step?: Exclude<Step, 'business'>;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function setupSearch(raw: Record<string, unknown>): SetupSearch {
  return {
    ...(typeof raw.business === 'string' &&
      ID.test(raw.business) && { business: raw.business.toLowerCase() }),
    ...((raw.step === 'card' || raw.step === 'poster') && { step: raw.step }),
  };
}

/** The address of a set-up that has just begun. */
export const newSetup = (): SetupSearch => ({ business: newId() });
