/** A form whose fields show what the api said of them. */

import { type UseFormInput, type UseFormReturnType, useForm } from '@mantine/form';
import { useState } from 'react';
import type { ApiProblem } from '../client';

export interface ProblemForm<Values> {
  form: UseFormReturnType<Values>;
  /** What belongs to no field; give it to `FormError`. */
  problem: ApiProblem | null;
  /** Puts a refusal where it belongs: `onError: refused`. */
  refused: (problem: ApiProblem) => void;
  /** Forgets the last refusal, before the form is sent again. */
  forget: () => void;
}

interface Options<Values> extends UseFormInput<Values> {
  /** Fields whose name in the form differs from the api's: `{ phone_number: 'phone' }`. */
  fields?: Record<string, string>;
}

/** The last part of a path as the api writes it, `$.birthday` or `birthday`. */
const plain = (field: string) => field.replace(/^\$\.?/, '');

export function useProblemForm<Values extends Record<string, unknown>>({
  fields = {},
  ...input
}: Options<Values>): ProblemForm<Values> {
  const form = useForm<Values>(input);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  return {
    form,
    problem,
    refused: (refusal) => {
      const values = form.getValues();
      const known = refusal.fields
        .map(({ field, message }) => [fields[plain(field)] ?? plain(field), message] as const)
        .filter(([field]) => (field.split('.')[0] ?? '') in values);
      if (known.length > 0) form.setErrors(Object.fromEntries(known));
      setProblem(known.length > 0 && known.length === refusal.fields.length ? null : refusal);
    },
    forget: () => setProblem(null),
  };
}
