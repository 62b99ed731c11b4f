import { expect, it } from 'vitest';
import type { Program } from '../../../api';
import { changeOf, GAPS, isChanged, newOf, valuesOf, withChosen } from './values';

const PROGRAM: Program = {
  id: '0198f2ab-0000-7000-8000-000000000001',
  name: 'Coffee card',
  stamps_required: 10,
  reward: 'A coffee',
  stamp_gap_seconds: 60,
  reward_valid_days: null,
  inactivity_days: 14,
  status: 'active',
  issued_account_id: '0198f2ab-0000-7000-8000-000000000002',
  rewarded_account_id: '0198f2ab-0000-7000-8000-000000000003',
  created_at: '2026-05-01T12:00:00Z',
  changed_at: '2026-05-01T12:00:00Z',
};

it('says nothing when nothing was changed', () => {
  expect(changeOf(valuesOf(PROGRAM), PROGRAM)).toEqual({});
  expect(isChanged({ ...valuesOf(PROGRAM), name: '  Coffee card ' }, PROGRAM)).toBe(false);
});

it('sends only what differs', () => {
  const values = { ...valuesOf(PROGRAM), stamps_required: 8, reward_valid_days: 30 };
  expect(changeOf(values, PROGRAM)).toEqual({ stamps_required: 8, reward_valid_days: 30 });
});

it('takes the end of rewards away with null', () => {
  const ending = { ...PROGRAM, reward_valid_days: 30 };
  expect(changeOf({ ...valuesOf(ending), reward_valid_days: 0 }, ending)).toEqual({
    reward_valid_days: null,
  });
});

it('opens a program with trimmed words', () => {
  const values = { ...valuesOf(PROGRAM), name: ' Coffee card ', reward: ' A coffee' };
  expect(newOf(values)).toMatchObject({ name: 'Coffee card', reward: 'A coffee', reward_valid_days: null });
});

it('offers what was chosen elsewhere as well', () => {
  expect(withChosen(GAPS, 45)).toContain(45);
  expect(withChosen(GAPS, 60)).toHaveLength(GAPS.length);
});
