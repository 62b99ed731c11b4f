/** The pages of an account, as one piece to load. */

export { AccountLayout } from './AccountLayout';
export { Invoice } from './Invoice';
export { Invoices } from './Invoices';
export { Methods } from './Methods';
export { Overview } from './Overview';
export { Payments } from './Payments';
export { Receipt } from './Receipt';
export { Subscribe } from './Subscribe';
export { Subscription } from './Subscription';
