// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiProblem } from '../client';
import { type ProblemForm, useProblemForm } from './useProblemForm';

type Values = { name: string; phone: string };

let shown: ProblemForm<Values>;

function Form() {
  shown = useProblemForm<Values>({
    initialValues: { name: '', phone: '' },
    fields: { phone_number: 'phone' },
  });
  return null;
}

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  const root = createRoot(document.createElement('div'));
  await act(() => root.render(<Form />));
});
afterEach(() => vi.unstubAllGlobals());

const refusal = (...fields: string[]) =>
  new ApiProblem({
    title: 'This is not right.',
    status: 422,
    code: 'problems.invalid',
    errors: fields.map((field) => ({ field, message: `${field} is wrong` })),
  });

it('says beside the field what is wrong with it, and nothing above', async () => {
  await act(() => shown.refused(refusal('name', 'phone_number')));
  expect(shown.form.errors).toEqual({ name: 'name is wrong', phone: 'phone_number is wrong' });
  expect(shown.problem).toBeNull();
});

it('knows a field by the path that the api writes', async () => {
  await act(() => shown.refused(refusal('$.name')));
  expect(shown.form.errors).toEqual({ name: '$.name is wrong' });
});

it('says above what belongs to no field of the form', async () => {
  const mixed = refusal('name', 'somewhere.else');
  await act(() => shown.refused(mixed));
  expect(shown.form.errors).toEqual({ name: 'name is wrong' });
  expect(shown.problem).toBe(mixed);
  await act(() => shown.forget());
  expect(shown.problem).toBeNull();
});
