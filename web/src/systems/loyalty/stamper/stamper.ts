/**
 * The stamper of this browser: its pairing, what it remembers of its business for times without a network, and the
 * queue with its sender. One object per tab; the tabs share what is kept and tell each other when it changed.
 */

import type { LoyaltyShowCustomerResponse as Customer, Program } from '../../../api';
import { pageClock } from './clock';
import { answerTo, type Business, Device, pairDevice, problemOf, refusalOf } from './device';
import { type Entry, isOpen, type Refusal, type Wanted } from './entries';
import { newId } from './ids';
import { CannotKeep, Kept } from './kept';
import { type Owner, Queue } from './queue';
import { Sender, type Standing } from './sender';

export interface Pairing {
  device: { id: string; name: string };
  business: Business;
  /** The programs that gave stamps when the api was asked last. */
  programs: Program[];
  /** Its logo as a data: address, since a picture on a server is no picture without a network. */
  logo: string | null;
  /** Set once the api said that the pairing is over. */
  ended: Refusal | null;
}

export interface View {
  phase: 'opening' | 'unpaired' | 'paired';
  pairing: Pairing | null;
  /** Stamps that are kept here, the newest first. */
  entries: Entry[];
  /** How many of them the api has not answered yet. */
  waiting: number;
  /** How many wait for a business that this phone is not paired with now. */
  elsewhere: number;
  standing: Standing;
  /** Why nothing can be kept here. */
  broken: CannotKeep['reason'] | null;
}

const PAIRING = 'pairing';
const SKEW = 'skew';
/** Another tab sends what it added itself; only if it dies before, this one does. */
const FOR_ANOTHER_TAB_MS = 5_000;
/** How old the business's look and its programs may be when somebody takes the phone in hand. */
const REFRESH_AFTER_MS = 10 * 60 * 1000;

export class Stamper {
  #view: View = {
    phase: 'opening',
    pairing: null,
    entries: [],
    waiting: 0,
    elsewhere: 0,
    standing: { state: 'resting' },
    broken: null,
  };
  readonly #listeners = new Set<() => void>();
  readonly #kept = new Kept(undefined, () => this.#show({ broken: 'outdated' }));
  readonly #clock = pageClock(newId());
  readonly #queue = new Queue(this.#kept, this.#clock);
  readonly #sender = new Sender({
    queue: this.#queue,
    clock: this.#clock,
    deliver: (entry, waited) => this.#device(entry.device).deliver(entry, waited),
    changed: (confirmed) => void this.#changed(confirmed),
  });
  readonly #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('holdfast.stamper') : null;
  #opened: Promise<void> | null = null;
  #turn = 0;
  #shown = 0;
  #refreshed = 0;

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  view = () => this.#view;

  /** Read what is kept and begin to send. Only the first call does anything. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open(): Promise<void> {
    this.#sender.start();
    addEventListener('online', () => void this.refresh());
    document.addEventListener('visibilitychange', () => {
      const due = performance.now() - this.#refreshed > REFRESH_AFTER_MS;
      if (document.visibilityState === 'visible' && due) void this.refresh();
    });
    this.#channel?.addEventListener('message', () => void this.#heard());
    try {
      const skew = await this.#fact<number>(SKEW);
      if (skew !== undefined) this.#clock.remember(skew);
      await this.#queue.prune(this.#clock.now());
      await this.#read();
    } catch (error) {
      return this.#cannot(error);
    }
    this.#sender.for(this.#owner);
    await this.refresh();
  }

  /**
   * Pair this phone by a code. What earlier pairings with the same business left behind is sent under the new one.
   *
   * Throws an `ApiProblem` when the code is not right, and `CannotKeep`.
   */
  async pair(code: string): Promise<void> {
    // Fails here, before the code is used up, where nothing can be kept.
    await this.#kept.use(async (database) => database.count('facts'));
    const { device, tenant } = await pairDevice(code);
    const owner: Owner = { device: device.id, tenant: tenant.tenant_id };
    const before = this.#view.pairing;
    const known = before?.business.tenant_id === tenant.tenant_id ? before : { programs: [], logo: null };
    const { programs, logo } = known;
    const { id, name } = device;
    await this.#keep({ device: { id, name }, business: tenant, programs, logo, ended: null });
    await this.#queue.countFrom(device.id, device.last_sequence + 1);
    const left = this.#view.entries.some(
      (entry) => entry.tenant === owner.tenant && entry.device !== owner.device,
    );
    if (left) await this.#queue.renumber(owner, device.last_sequence + 1);
    // Browsers may throw away what a page keeps when the phone is full; they are asked not to.
    await navigator.storage?.persist?.().catch(() => false);
    await this.#told();
    this.#sender.for(owner);
    await this.refresh();
  }

  /** Forget the business; only while nothing waits. The device's owner revokes it in the console. */
  async unpair(): Promise<void> {
    this.#sender.for(null);
    await this.#kept.use((database) => database.delete('facts', PAIRING));
    await this.#told();
  }

  /** Ask the api how things are: whether the pairing counts, the business's look, its programs, the next number. */
  async refresh(): Promise<void> {
    const pairing = this.#view.pairing;
    if (pairing === null) return;
    this.#refreshed = performance.now();
    const device = this.#device(pairing.device.id);
    try {
      const own = await device.me();
      const programs = await device.programs();
      await this.#queue.countFrom(own.device.id, own.next_sequence);
      const { id, name } = own.device;
      const wasEnded = pairing.ended !== null || this.#sender.standing.state === 'paused';
      const logo = await pictureOf(own.tenant.logo_url, pairing);
      await this.#keep({ device: { id, name }, business: own.tenant, programs, logo, ended: null });
      await this.#told();
      if (wasEnded) this.#sender.for(this.#owner);
      else this.#sender.kick();
    } catch (error) {
      if (error instanceof CannotKeep) return this.#cannot(error);
      const problem = problemOf(error);
      const answer = answerTo(problem);
      if (answer.kind === 'paused' && answer.reason === 'ended') await this.#end(refusalOf(problem));
    }
  }

  /** Keep a stamp and send it as soon as can be. Throws `CannotKeep`; then there is no stamp. */
  async stamp(wanted: Wanted): Promise<Entry> {
    const owner = this.#owner;
    if (owner === null) throw new CannotKeep('forbidden');
    const entry = await this.#queue.add(owner, wanted);
    await this.#told();
    this.#sender.kick();
    return entry;
  }

  /** Try to send now. */
  retry(): void {
    if (this.#sender.standing.state === 'paused') void this.refresh();
    this.#sender.kick();
  }

  async dismiss(id: string): Promise<void> {
    await this.#queue.dismiss(id);
    await this.#told();
  }

  /** What this phone asks as the device that it is; null while it is not paired. */
  get device(): Device | null {
    const pairing = this.#view.pairing;
    return pairing === null ? null : this.#device(pairing.device.id);
  }

  get #owner(): Owner | null {
    const pairing = this.#view.pairing;
    return pairing === null ? null : { device: pairing.device.id, tenant: pairing.business.tenant_id };
  }

  #device(id: string): Device {
    return new Device(id, this.#clock);
  }

  /** Another tab has changed something: perhaps the pairing, perhaps it added a stamp and then died. */
  async #heard(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      return this.#cannot(error);
    }
    if (this.#owner?.device !== this.#sender.owner?.device) this.#sender.for(this.#owner);
    else this.#sender.later(FOR_ANOTHER_TAB_MS);
  }

  async #changed(confirmed?: Entry): Promise<void> {
    try {
      const { standing } = this.#sender;
      if (standing.state === 'paused' && standing.reason === 'ended') await this.#end(standing.refusal);
      await this.#told();
      if (confirmed === undefined) return;
      const { skew } = this.#clock.now();
      await this.#kept.use((database) => database.put('facts', skew, SKEW));
      const program = confirmed.confirmation?.program;
      if (this.#view.pairing?.programs.every(({ id }) => id !== program)) void this.refresh();
      if (confirmed.name === null) await this.#learnName(confirmed);
    } catch (error) {
      this.#cannot(error);
    }
  }

  /** Whom the stamp was for, for the list; a stamp is worth no less without. */
  async #learnName(entry: Entry): Promise<void> {
    const member = entry.confirmation?.member;
    const found =
      member === undefined ? null : await this.device?.customer(member).catch((): Customer | null => null);
    if (!found) return;
    await this.#queue.name(entry.id, found.name);
    await this.#told();
  }

  async #end(refusal: Refusal): Promise<void> {
    const pairing = this.#view.pairing;
    if (pairing !== null && pairing.ended === null) await this.#keep({ ...pairing, ended: refusal });
    await this.#told();
  }

  async #keep(pairing: Pairing): Promise<void> {
    await this.#kept.use((database) => database.put('facts', pairing, PAIRING));
  }

  #fact<Fact>(name: string): Promise<Fact | undefined> {
    return this.#kept.use((database) => database.get('facts', name)) as Promise<Fact | undefined>;
  }

  /** Something changed here: read it again, and let the other tabs do so too. */
  async #told(): Promise<void> {
    this.#channel?.postMessage('changed');
    await this.#read();
  }

  async #read(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const pairing = (await this.#fact<Pairing>(PAIRING)) ?? null;
    const entries = await this.#queue.entries();
    // Of two that read at once, the one that began later has seen more.
    if (turn < this.#shown) return;
    this.#shown = turn;
    const open = entries.filter(isOpen);
    const here = open.filter(({ tenant }) => tenant === pairing?.business.tenant_id).length;
    this.#show({
      phase: pairing === null ? 'unpaired' : 'paired',
      pairing,
      entries,
      waiting: here,
      elsewhere: open.length - here,
      standing: this.#sender.standing,
      broken: null,
    });
    badge(open.length);
  }

  #cannot(error: unknown): void {
    this.#show({ phase: 'unpaired', broken: error instanceof CannotKeep ? error.reason : 'forbidden' });
  }

  #show(changes: Partial<View>): void {
    this.#view = { ...this.#view, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

/** The logo to keep: what is kept already while its address is the same, else what stands there now. */
async function pictureOf(address: string | null, { business, logo }: Pairing): Promise<string | null> {
  // What stands on somebody else's server may be shown, but not read.
  if (address === null || !address.startsWith('/')) return address;
  if (address === business.logo_url && logo !== null) return logo;
  try {
    const picture = await (await fetch(address)).blob();
    return await new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(picture.type.startsWith('image/') ? String(reader.result) : null);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(picture);
    });
  } catch {
    return null;
  }
}

/** The number on the application's icon, where the system shows one. */
function badge(waiting: number): void {
  const shown = waiting > 0 ? navigator.setAppBadge?.(waiting) : navigator.clearAppBadge?.();
  shown?.catch(() => {});
}

export const stamper = new Stamper();
