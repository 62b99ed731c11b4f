/** What the api tells of money, by the names that the screens use. */

import type {
  PaymentsListConnectionsResponse,
  PaymentsListDisputesResponse,
  PaymentsListMethodsResponse,
  PaymentsListPayersResponse,
  PaymentsListPaymentsResponse,
  PaymentsListProvidersResponse,
  PaymentsShowPaymentResponse,
  PaymentsShowSummaryResponse,
} from '../api';

export type PaymentItem = PaymentsListPaymentsResponse['items'][number];
export type PaymentDetail = PaymentsShowPaymentResponse;
export type Payment = PaymentDetail['payment'];
export type Attempt = PaymentDetail['attempts'][number];
export type Refund = PaymentDetail['refunds'][number];
export type Dispute = PaymentsListDisputesResponse['items'][number];
export type Moment = PaymentDetail['timeline'][number];
export type Payer = PaymentsListPayersResponse['items'][number];
export type Method = PaymentsListMethodsResponse['items'][number];
export type Connection = PaymentsListConnectionsResponse['items'][number];
export type Provider = PaymentsListProvidersResponse['items'][number];
export type Summary = PaymentsShowSummaryResponse['items'][number];
