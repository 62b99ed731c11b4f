/** What parties are, as far as there is a word for it. */

const KINDS = ['agent', 'garage_owner', 'partner'] as const;

export const kindWord = (kind: string): (typeof KINDS)[number] | 'other' =>
  KINDS.find((one) => one === kind) ?? 'other';
