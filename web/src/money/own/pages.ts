/** The pages of an account, as one piece to load; a piece of its own for one of them would split what comes first. */

export { AccountLayout } from './AccountLayout';
export { Invoice } from './Invoice';
export { Invoices } from './Invoices';
export { Methods } from './Methods';
export { Overview } from './Overview';
export { Payments } from './Payments';
export { Receipt } from './Receipt';
export { Subscribe } from './Subscribe';
export { Subscription } from './Subscription';
export { Wallet } from './Wallet';
