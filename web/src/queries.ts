/** Server state: how long an answer counts, what is asked again, and how a command is sent. */

import { QueryClient, type UseMutationOptions, useMutation } from '@tanstack/react-query';
import { ApiProblem } from './client';

const passing = (error: unknown) => error instanceof ApiProblem && error.passing;
const pause = (attempt: number) => Math.min(1000 * 2 ** attempt, 10_000);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Live updates say when something changed; the rest is asked again when the page is looked at again.
      staleTime: 30_000,
      retry: (attempts, error) => attempts < 2 && passing(error),
      retryDelay: pause,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

/** What a command sends along: one key per intent, the same at every attempt, so that it happens once. */
export interface Attempt {
  headers: { 'Idempotency-Key': string };
}

interface Command<Input, Output> extends Omit<UseMutationOptions<Output, ApiProblem, Input>, 'mutationFn'> {
  /** Sends the command; pass `attempt.headers` on to the api. */
  send: (input: Input, attempt: Attempt) => Promise<{ data: Output }>;
}

/**
 * A command to the api, as a mutation. Lost answers and passing trouble are retried with the same idempotency key.
 */
export function useCommand<Input, Output>({ send, ...options }: Command<Input, Output>) {
  return useMutation<Output, ApiProblem, Input>({
    ...options,
    mutationFn: async (input) => {
      const attempt: Attempt = { headers: { 'Idempotency-Key': crypto.randomUUID() } };
      for (let tried = 0; ; tried += 1) {
        try {
          return (await send(input, attempt)).data;
        } catch (error) {
          if (tried >= 2 || !(error instanceof ApiProblem) || !error.passing || error.status === 429)
            throw error;
          await new Promise((resolve) => setTimeout(resolve, pause(tried)));
        }
      }
    },
  });
}
