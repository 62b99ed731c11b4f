/** Why the figures of an invoice are what they are; asked once, and shown where each of them stands. */

import { useQuery } from '@tanstack/react-query';
import type { BillingExplainResponse } from '../../api';
import { billingExplainOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';
import type { Derivation } from '../billing';

type Explanation = BillingExplainResponse;

export const explanationOptions = (headers: { 'Holdfast-Tenant': string }, invoice: string) =>
  billingExplainOptions({ headers, path: { kind: 'invoice', subject_id: invoice } });

/** The derivations of a figure of the whole invoice: `tax` of one rate, `discount`, `total`. */
export function useExplanation(invoice: string): (of: string, basisPoints?: number) => Derivation[] {
  const { headers } = useBusiness();
  const { data } = useQuery(explanationOptions(headers, invoice));
  return (of, basisPoints) => wholeOf(data, of, basisPoints);
}

export const wholeOf = (
  explanation: Explanation | undefined,
  of: string,
  basisPoints?: number,
): Derivation[] =>
  (explanation?.figures ?? [])
    .filter((figure) => figure.of === of && figure.line === null)
    .flatMap(({ derivation }) => (derivation === null ? [] : [derivation]))
    .filter(({ inputs }) => basisPoints === undefined || inputs.basis_points === basisPoints);
