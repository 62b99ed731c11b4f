/** What loyalty's events change on the screens. */

import type { LiveMap } from '../../live';

/** Reports are read from counts that reactions keep, so they are a moment behind. */
const metrics = { family: 'loyaltyShowMetrics', behind: true };
const staff = { family: 'loyaltyListStaff', behind: true, restMs: 3_000 };
/** What is told by the month does not change from one minute to the next. */
const cohorts = { family: 'loyaltyShowCohorts', behind: true, restMs: 60_000 };

/** Only the member whom the event is about. */
const only = { path: 'customer_id', body: 'member_id' };
const customer = { family: 'loyaltyShowCustomer', only };
const stamps = { family: 'loyaltyListStamps', only };

const activity = 'loyaltyListActivity';
const members = { family: 'loyaltyListCustomers', restMs: 5_000 };
const programs = ['loyaltyListPrograms', 'loyaltyShowProgram', 'loyaltyShowBusiness'];

export const loyaltyLive: LiveMap = {
  'loyalty.stamps.stamped': [activity, customer, stamps, members, metrics, cohorts, staff],
  'loyalty.stamps.voided': [activity, customer, stamps, members, metrics, cohorts, staff],
  'loyalty.members.enrolled': [activity, members, metrics],
  'loyalty.members.changed': [customer, members, activity],
  'loyalty.members.at_risk': [customer, members, metrics],
  'loyalty.cards.opened': [customer, metrics],
  'loyalty.cards.at_risk': [customer, metrics],
  'loyalty.rewards.earned': [customer, metrics],
  'loyalty.rewards.redeemed': [activity, customer, metrics, staff],
  'loyalty.rewards.expired': [customer, metrics],
  'loyalty.rewards.cancelled': [customer, metrics],
  'loyalty.programs.opened': programs,
  'loyalty.programs.changed': programs,
};
