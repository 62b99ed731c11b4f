/** Which program is looked at, or that one is being opened. */

export interface ProgramsSearch {
  program?: string;
}

export const NEW = 'new';
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const programsSearch = (raw: Record<string, unknown>): ProgramsSearch =>
  typeof raw.program === 'string' && (raw.program === NEW || ID.test(raw.program))
    ? { program: raw.program }
    : {};
