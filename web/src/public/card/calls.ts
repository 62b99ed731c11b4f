/** The few calls that the card makes, with what the api refused as a `Refusal`. */

import type { LoyaltyCardsCode as Code, Own } from '../../api';

export interface Live {
  token: string;
  topics: string[];
}

/** What the api said no to; `status` 0 when it could not be reached. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    sentence: string,
    readonly reference: string | null,
  ) {
    super(sentence);
  }
}

/** The cursor that came with the latest view: live updates go on from there. */
export interface Seen<Data> {
  data: Data;
  cursor: string | null;
}

async function call<Data>(token: string, path: string, body?: object): Promise<Seen<Data>> {
  let response: Response;
  try {
    response = await fetch(`/api/loyalty/card${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      // The card is shown by its token alone; whoever else is signed in in this browser has nothing to do with it.
      credentials: 'omit',
      headers: { 'Holdfast-Card': token, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refusal(0, '', null);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const sentence = [answer.title, answer.detail].filter(Boolean).join(' ');
    throw new Refusal(response.status, sentence, answer.request_id ?? response.headers.get('x-request-id'));
  }
  const link = response.headers.get('link') ?? '';
  return { data: answer, cursor: /last-event-id="([^"]+)"/.exec(link)?.[1] ?? null };
}

export const own = (token: string) => call<Own>(token, '');
export const live = (token: string) => call<Live>(token, '/live', {});
export const code = (token: string, what: { card_id: string } | { reward_id: string }) =>
  call<Code>(token, '/codes', what);
