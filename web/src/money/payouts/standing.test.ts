import { expect, it } from 'vitest';
import { bankCanHave } from './standing';

it('asks what the bank did only of what was taken there', () => {
  expect(bankCanHave({ status: 'processing', file_number: 12 })).toEqual(['paid', 'failed']);
  expect(bankCanHave({ status: 'processing', file_number: null })).toEqual([]);
  expect(bankCanHave({ status: 'paid', file_number: 12 })).toEqual(['returned']);
  expect(bankCanHave({ status: 'paid', file_number: null })).toEqual([]);
  expect(bankCanHave({ status: 'failed', file_number: 12 })).toEqual([]);
});
