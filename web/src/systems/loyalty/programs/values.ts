/** A program as its form holds it. */

import type { LoyaltyProgramsNew, Program, ProgramsChange } from '../../../api';

export const FEWEST_STAMPS = 2;
export const MOST_STAMPS = 50;

export interface ProgramValues extends Record<string, unknown> {
  name: string;
  stamps_required: number;
  reward: string;
  stamp_gap_seconds: number;
  /** 0 for a reward without end; a form has no better word for null. */
  reward_valid_days: number;
  inactivity_days: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The least times between two stamps that are offered. */
export const GAPS = [0, 60, 10 * 60, HOUR, 4 * HOUR, 12 * HOUR, DAY] as const;
/** How long rewards last, as far as it is offered; 0 for ever. */
export const VALIDITIES = [0, 14, 30, 60, 90, 180, 365] as const;

export const NEW_PROGRAM: ProgramValues = {
  name: '',
  stamps_required: 10,
  reward: '',
  stamp_gap_seconds: 60,
  reward_valid_days: 0,
  inactivity_days: 14,
};

export const valuesOf = (program: Program): ProgramValues => ({
  name: program.name,
  stamps_required: program.stamps_required,
  reward: program.reward,
  stamp_gap_seconds: program.stamp_gap_seconds,
  reward_valid_days: program.reward_valid_days ?? 0,
  inactivity_days: program.inactivity_days,
});

/** What is offered, and what is already chosen though it is not among it. */
export const withChosen = (offered: readonly number[], chosen: number) =>
  [...new Set([...offered, chosen])].sort((one, other) => one - other);

export function newOf(values: ProgramValues): LoyaltyProgramsNew {
  return {
    name: values.name.trim(),
    stamps_required: values.stamps_required,
    reward: values.reward.trim(),
    stamp_gap_seconds: values.stamp_gap_seconds,
    reward_valid_days: values.reward_valid_days === 0 ? null : values.reward_valid_days,
    inactivity_days: values.inactivity_days,
  };
}

/** Only what differs, so that two people who change different things do not undo each other. */
export function changeOf(values: ProgramValues, program: Program): ProgramsChange {
  const wanted = newOf(values);
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => value !== program[name as keyof Program]),
  );
}

export const isChanged = (values: ProgramValues, program: Program) =>
  Object.keys(changeOf(values, program)).length > 0;
