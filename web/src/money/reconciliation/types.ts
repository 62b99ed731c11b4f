/** What the api tells of a comparison, by the names that its screen uses. */

import type { PaymentsListReconciliationsResponse, PaymentsShowReconciliationResponse } from '../../api';

export type Run = PaymentsListReconciliationsResponse['items'][number];
export type Finding = PaymentsShowReconciliationResponse['findings'][number];
