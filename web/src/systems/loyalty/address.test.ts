import { describe, expect, it } from 'vitest';
import { memberFilter, onlyWindow, windowAndProgram } from './address';

const PROGRAM = '0190aaaa-0000-7000-8000-000000000001';

describe('an address', () => {
  it('says which window and program, and nothing for what is usual', () => {
    expect(windowAndProgram({ days: 90, program: PROGRAM })).toEqual({ days: 90, program: PROGRAM });
    expect(windowAndProgram({ days: 30 })).toEqual({});
    expect(onlyWindow({ days: '7', program: PROGRAM })).toEqual({ days: 7 });
  });

  it('that somebody wrote by hand breaks nothing', () => {
    expect(windowAndProgram({ days: 'all', program: 7, other: 1 })).toEqual({});
    expect(windowAndProgram({ days: 31, program: "' or 1=1" })).toEqual({});
    expect(memberFilter({ search: {}, risk: 'yes' })).toEqual({});
  });

  it('keeps a search that is a number, no longer than the api takes', () => {
    expect(memberFilter({ search: 987654321, risk: true })).toEqual({ search: '987654321', risk: true });
    expect(memberFilter({ search: '' })).toEqual({});
    expect(memberFilter({ search: 'a'.repeat(200) }).search).toHaveLength(100);
  });
});
