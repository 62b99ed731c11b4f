/** Opening and changing programs; whoever lists them sees the answer at once. */

import { useQueryClient } from '@tanstack/react-query';
import {
  type LoyaltyProgramsNew,
  loyaltyChangeProgram,
  loyaltyCreateProgram,
  type Program,
  type ProgramsChange,
} from '../../../api';
import { loyaltyListProgramsQueryKey } from '../../../api/@tanstack/react-query.gen';
import type { ApiProblem } from '../../../client';
import { useCommand } from '../../../queries';

interface Options {
  /** The headers of the business that it is about. */
  headers: { 'Holdfast-Tenant': string };
  onError?: (problem: ApiProblem) => void;
  onSuccess?: (program: Program) => unknown;
}

function useShown({ headers, onSuccess }: Pick<Options, 'headers' | 'onSuccess'>) {
  const client = useQueryClient();
  return async (program: Program) => {
    await client.invalidateQueries({ queryKey: loyaltyListProgramsQueryKey({ headers }) });
    await onSuccess?.(program);
  };
}

export function useOpenProgram({ headers, onError, onSuccess }: Options) {
  const shown = useShown({ headers, ...(onSuccess && { onSuccess }) });
  return useCommand({
    send: (program: LoyaltyProgramsNew, attempt) =>
      loyaltyCreateProgram({ body: program, headers: { ...headers, ...attempt.headers } }),
    ...(onError && { onError }),
    onSuccess: shown,
  });
}

export function useChangeProgram({ headers, onError, onSuccess }: Options) {
  const shown = useShown({ headers, ...(onSuccess && { onSuccess }) });
  return useCommand({
    send: ({ id, ...change }: ProgramsChange & { id: string }, attempt) =>
      loyaltyChangeProgram({
        path: { program_id: id },
        body: change,
        headers: { ...headers, ...attempt.headers },
      }),
    ...(onError && { onError }),
    onSuccess: shown,
  });
}
