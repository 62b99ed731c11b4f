/** A link on which somebody pays one thing without signing in: what the api tells of it, and what can be done there. */

import type { PageToGo, PaymentsShowLinkResponse, Problem } from '../../api';
import { client } from '../../api/client.gen';
import { ApiProblem } from '../../client';

export type LinkView = PaymentsShowLinkResponse;
export type Bill = NonNullable<LinkView['invoice']>;
export type Receipt = NonNullable<LinkView['receipt']>;
/** The business, as far as a receipt shows it. */
export type LinkBrand = Pick<NonNullable<LinkView['business']>, 'name' | 'logo_url' | 'accent'> & {
  timezone?: string | undefined;
};

/** What a link leads to, and whether the provider was just asked about it. */
export interface Asked {
  view: LinkView;
  asked: boolean;
}

const PATH = '/api/payments/links/{token}';

const seen = async (token: string, signal: AbortSignal) =>
  (await client.get<{ 200: LinkView }, Problem, true>({ url: PATH, path: { token }, signal })).data;

const refreshed = async (token: string, signal: AbortSignal) =>
  (await client.post<{ 200: LinkView }, Problem, true>({ url: `${PATH}/refresh`, path: { token }, signal }))
    .data;

/** What is known; with `ask`, after the provider was asked, if it answers. */
export async function askLink(token: string, ask: boolean, signal: AbortSignal): Promise<Asked> {
  if (!ask) return { view: await seen(token, signal), asked: false };
  try {
    return { view: await refreshed(token, signal), asked: true };
  } catch (error) {
    // The provider does not say at the moment; what we know ourselves is still worth showing.
    if (error instanceof ApiProblem && (error.status === 429 || error.status >= 500))
      return { view: await seen(token, signal), asked: false };
    throw error;
  }
}

/** The provider's page on which this is paid; the same while it is open, so that nobody pays twice. */
export const openCheckout = (token: string, headers: { 'Idempotency-Key': string }) =>
  client.post<{ 200: PageToGo }, Problem, true>({
    url: `${PATH}/checkout`,
    path: { token },
    headers,
    body: { return_url: `${location.origin}/pay/${token}?returned=true` },
  });
