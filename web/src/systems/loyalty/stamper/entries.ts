/** A stamp on this phone, from the tap until the api has confirmed or refused it. */

import type { Money } from '../../../ui/format';
import type { Moment } from './clock';

export type State = 'waiting' | 'sending' | 'confirmed' | 'refused';

/** Whose card: what was scanned, or the number that was typed. */
export type Whom = { code: string } | { phone: string };

/** What the api's confirmation says, as far as the screen shows it. */
export interface Confirmation {
  member: string;
  program: string;
  stamps: number;
  required: number;
  reward: boolean;
}

/** Why a stamp was refused: the api's own sentence. */
export interface Refusal {
  code: string;
  title: string;
  detail: string | null;
  reference: string | null;
}

export interface Entry {
  /** The stamp's own id, the same at every attempt. */
  id: string;
  tenant: string;
  device: string;
  /** The device's number of this stamp; no other stamp has it. */
  sequence: number;
  /** The same number for as long as it is to be sent, absent afterwards. */
  due?: number;
  state: State;
  whom: Whom;
  program: string | null;
  amount: Money | null;
  /** Who it is, when the phone knew or was told. */
  name: string | null;
  taken: Moment;
  attempts: number;
  /** When it was confirmed or refused, in milliseconds since 1970. */
  settled?: number;
  confirmation?: Confirmation;
  refusal?: Refusal;
}

/** What the person at the counter wants. */
export interface Wanted {
  whom: Whom;
  program?: string | null;
  amount?: Money | null;
  name?: string | null;
}

export const isOpen = (entry: Entry) => entry.state === 'waiting' || entry.state === 'sending';
