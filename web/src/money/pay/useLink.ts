import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { ApiProblem } from '../../client';
import { type Asked, askLink } from './link';
import { pauseBefore, type Standing, standingOf } from './standing';

interface LinkAsked {
  query: UseQueryResult<Asked, unknown>;
  standing: Standing | null;
  /** It was asked often enough; from now on only when somebody wants it. */
  enough: boolean;
  askAgain: () => void;
}

/** What a link leads to, asked again for as long as nobody knows what became of a payment. */
export function useLink(token: string, returned: boolean): LinkAsked {
  const client = useQueryClient();
  const tries = useRef(0);
  const doubtful = useRef(returned);
  const standing = (asked: Asked | undefined) =>
    asked === undefined ? null : standingOf(asked.view, { returned, asked: asked.asked });
  const query = useQuery({
    queryKey: ['pay', token, returned] as const,
    queryFn: async ({ signal }) => {
      const asked = await askLink(token, doubtful.current, signal);
      doubtful.current = returned || standing(asked) === 'asking';
      tries.current = standing(asked) === 'asking' ? tries.current + 1 : 0;
      return asked;
    },
    // A payer's page tells the truth of now, and not of a minute ago.
    staleTime: 0,
    gcTime: 0,
    refetchInterval: ({ state }) =>
      standing(state.data) === 'asking' || isPassing(state.error) ? pauseBefore(tries.current) : false,
  });
  const askAgain = useCallback(() => {
    tries.current = 0;
    doubtful.current = true;
    void client.invalidateQueries({ queryKey: ['pay', token] });
  }, [client, token]);
  // Whoever comes back with the browser's own button finds the page as it was left, which may be wrong by now.
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => {
      if (event.persisted) askAgain();
    };
    window.addEventListener('pageshow', shown);
    return () => window.removeEventListener('pageshow', shown);
  }, [askAgain]);
  const now = standing(query.data);
  return {
    query,
    standing: now,
    enough: now === 'asking' && pauseBefore(tries.current) === false,
    askAgain,
  };
}

const isPassing = (error: unknown) => error instanceof ApiProblem && error.passing;
