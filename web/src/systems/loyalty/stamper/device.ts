/** What this phone asks the api as a paired device, and what the api's answers mean for a stamp. */

import {
  type LoyaltyShowCustomerResponse as Customer,
  type DevicesDevicesBusiness,
  devicesPairDevice,
  devicesShowOwn,
  type Enrolled,
  loyaltyCreateEnrollment,
  loyaltyCreateRedemption,
  loyaltyCreateStamp,
  loyaltyFindCustomer,
  loyaltyListPrograms,
  loyaltyShowCustomer,
  type OwnDevice,
  type PairedDevice,
  type Program,
  type Reward,
  type Stamp,
} from '../../../api';
import { ApiProblem } from '../../../client';
import type { Clock } from './clock';
import type { Entry, Refusal } from './entries';
import type { Answer } from './sender';

export type Business = DevicesDevicesBusiness;

/** On a network that swallows everything, a person and the queue wait no longer than this. */
const PATIENCE_MS = 15_000;
const SHORT_PATIENCE_MS = 6_000;
const UNREADABLE = new ApiProblem({ status: 502, code: 'unexpected_answer' });

const patience = (ms = PATIENCE_MS) => AbortSignal.timeout(ms);

export interface Guest {
  phone: string;
  name: string;
  /** Which wording they agreed to. */
  consent: string;
  program: string | null;
}

export class Device {
  constructor(
    readonly id: string,
    private readonly clock: Clock,
  ) {}

  get #headers() {
    return { 'Holdfast-Device': this.id };
  }

  async me(): Promise<OwnDevice> {
    const { data, response } = await devicesShowOwn({ headers: this.#headers, signal: patience() });
    this.clock.heard(response.headers.get('date'));
    return data;
  }

  /** The programs that give stamps now. */
  async programs(): Promise<Program[]> {
    const { data } = await loyaltyListPrograms({ headers: this.#headers, signal: patience() });
    return data.filter(({ status }) => status === 'active');
  }

  /** Send one stamp; never throws what the queue could not live with. */
  deliver = async (entry: Entry, waitedSeconds: number): Promise<Answer> => {
    try {
      const { data, response } = await loyaltyCreateStamp({
        body: {
          id: entry.id,
          ...entry.whom,
          ...('phone' in entry.whom && entry.program !== null && { program_id: entry.program }),
          ...(entry.amount !== null && { amount: entry.amount }),
          device_id: entry.device,
          device_sequence: entry.sequence,
          waited_seconds: waitedSeconds,
        },
        headers: this.#headers,
        signal: patience(),
        // A later api may say more than this page knows; what must not happen is that the queue waits for ever.
        responseValidator: undefined,
      });
      this.clock.heard(response.headers.get('date'));
      return confirmed(data, entry.id);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code !== 'loyalty.stamps.sequence-reused') return answerTo(problem);
      return this.#countOn(problem);
    }
  };

  async #countOn(problem: ApiProblem): Promise<Answer> {
    try {
      return { kind: 'renumber', from: (await this.me()).next_sequence };
    } catch (error) {
      const answer = answerTo(problemOf(error));
      return answer.kind === 'refused' ? { kind: 'refused', refusal: refusalOf(problem) } : answer;
    }
  }

  async customer(id: string): Promise<Customer> {
    const path = { customer_id: id };
    return (await loyaltyShowCustomer({ path, headers: this.#headers, signal: patience() })).data;
  }

  async find(query: { phone: string } | { code: string }): Promise<Customer> {
    const signal = patience(SHORT_PATIENCE_MS);
    return (await loyaltyFindCustomer({ query, headers: this.#headers, signal })).data;
  }

  /** Redeem a reward; the same `id` again gives the same answer. */
  async redeem(code: string, id: string): Promise<Reward> {
    const body = { code, id };
    return (await loyaltyCreateRedemption({ body, headers: this.#headers, signal: patience() })).data;
  }

  /** Enrol a guest at the counter; `key` is the same at every attempt. */
  async enroll(guest: Guest, key: string): Promise<Enrolled> {
    const { phone, name, consent, program } = guest;
    const { data } = await loyaltyCreateEnrollment({
      body: {
        phone,
        name,
        consent: { version: consent, channel: 'counter' },
        ...(program !== null && { program_id: program }),
      },
      headers: { ...this.#headers, 'Idempotency-Key': key },
      signal: patience(),
    });
    return data;
  }
}

/** Pair this browser by a code that somebody reads out; the cookie that comes with the answer is the proof. */
export async function pairDevice(code: string): Promise<PairedDevice> {
  return (await devicesPairDevice({ body: { code }, signal: patience() })).data;
}

export const problemOf = (error: unknown) => (error instanceof ApiProblem ? error : new ApiProblem({}));

export const refusalOf = (problem: ApiProblem): Refusal => ({
  code: problem.code,
  title: problem.message,
  detail: problem.detail,
  reference: problem.requestId,
});

function confirmed(stamp: Stamp, id: string): Answer {
  if (stamp.id !== id) return answerTo(UNREADABLE);
  const { member_id: member, program_id: program, stamps, stamps_required: required, reward_id } = stamp;
  return {
    kind: 'confirmed',
    confirmation: { member, program, stamps, required, reward: reward_id !== null },
  };
}

/** What an unsuccessful answer means for a stamp in the queue. */
export function answerTo(problem: ApiProblem): Answer {
  // A refusal is the api's own only when it has the api's own form; a hotel's sign-in page refuses nothing for us.
  const foreign = problem.code === 'unreachable';
  if (foreign || problem.passing || problem.status === 408)
    return { kind: 'again', busy: !problem.unreachable, afterSeconds: problem.retryAfter };
  const refusal = refusalOf(problem);
  if (problem.status === 401) return { kind: 'paused', reason: 'ended', refusal };
  if (problem.status === 403) return { kind: 'paused', reason: 'not_allowed', refusal };
  return { kind: 'refused', refusal };
}
