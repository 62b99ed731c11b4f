/** What differs, in the order in which it is shown, and how grave it is. */

import type { Tone } from '../../ui/StatusBadge';

export const KINDS = [
  'behind',
  'amount',
  'refunds',
  'ledger',
  'stranger',
  'missing_there',
  'dispute',
  'other_mode',
  'unreadable',
] as const;
export type Kind = (typeof KINDS)[number] | 'other';

export const kindOf = (kind: string): Kind => KINDS.find((one) => one === kind) ?? 'other';

export const STATES = ['wanted', 'running', 'clean', 'found', 'failed'] as const;
export type State = (typeof STATES)[number];

export const stateOf = (status: string): State => STATES.find((one) => one === status) ?? 'wanted';

export const TONES: Readonly<Record<State, Tone>> = {
  wanted: 'info',
  running: 'info',
  clean: 'good',
  found: 'bad',
  failed: 'bad',
};

/** The names that the three records have between them, each with what each of the three says. */
export function sideBySide(
  ...records: ReadonlyArray<Readonly<Record<string, unknown>> | null>
): Array<{ name: string; values: string[]; differs: boolean }> {
  const names = [...new Set(records.flatMap((record) => Object.keys(record ?? {})))];
  return names.map((name) => {
    const values = records.map((record) => text(record?.[name]));
    const said = values.filter((value) => value !== '');
    return { name, values, differs: new Set(said).size > 1 };
  });
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
