/**
 * A stream of server-sent events, read by `fetch`. The browser's own EventSource cannot say in which business it acts
 * (a header), does not tell a refusal from a lost network, hides the answer's `Last-Event-ID`, from which alone a
 * client sees that history was lost, and does not notice a connection that died without a word.
 */

export interface Message {
  /** Where the stream can be taken up again after this message. */
  id: string | null;
  data: string;
}

/** The hub answered, but not with a stream. */
export class Refused extends Error {
  readonly status: number;
  readonly retryAfterMs: number;

  constructor(status: number, retryAfter: string | null) {
    super(`The stream was refused with ${status}.`);
    this.status = status;
    const seconds = Number(retryAfter);
    this.retryAfterMs = Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : 0;
  }
}

/** A connection over which nothing came for longer than the hub is ever silent. */
export class Silent extends Error {}

const LONGEST = 1_000_000;
const LINE_END = /\r\n|\n|\r/;

/** Takes text in pieces of any size and gives the messages that they complete. */
export class Parser {
  #rest = '';
  #id: string | null = null;
  #data: string[] = [];

  take(text: string): Message[] {
    let pending = this.#rest + text;
    // The line feed of a pair may be in the next piece; until it is there, the line has not ended.
    const held = pending.endsWith('\r') ? '\r' : '';
    pending = pending.slice(0, pending.length - held.length);
    const lines = pending.split(LINE_END);
    this.#rest = (lines.pop() ?? '') + held;
    if (this.#rest.length > LONGEST) throw new Error('A line of the stream has no end.');
    const messages: Message[] = [];
    for (const line of lines) {
      if (line !== '') this.#field(line);
      else if (this.#data.length > 0) {
        messages.push({ id: this.#id, data: this.#data.join('\n') });
        this.#data = [];
      }
    }
    return messages;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }
}

interface Listening {
  headers: Record<string, string>;
  signal: AbortSignal;
  /** The stream is open; gives the id from which on it holds everything. */
  onOpen: (lastEventId: string | null) => void;
  onMessage: (message: Message) => void;
  /** The hub says something at least this often, if only a comment. */
  silenceMs: number;
}

/**
 * Listen until the hub ends the stream in peace.
 *
 * Raises `Refused`, `Silent`, or what `fetch` raises for a network that is lost.
 */
export async function listen(url: string, options: Listening): Promise<void> {
  const own = new AbortController();
  const stop = () => own.abort(options.signal.reason);
  if (options.signal.aborted) stop();
  options.signal.addEventListener('abort', stop);
  let watch: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => own.abort(new Silent()), options.silenceMs);
  };
  try {
    alive();
    const response = await fetch(url, {
      headers: { Accept: 'text/event-stream', ...options.headers },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: own.signal,
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Refused(response.status, response.headers.get('retry-after'));
    }
    options.onOpen(response.headers.get('last-event-id'));
    await read(response.body, alive, options.onMessage);
  } catch (error) {
    throw own.signal.reason instanceof Silent ? own.signal.reason : error;
  } finally {
    clearTimeout(watch);
    options.signal.removeEventListener('abort', stop);
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
  onMessage: (message: Message) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new Parser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      for (const message of parser.take(decoder.decode(value, { stream: true }))) onMessage(message);
    }
  } finally {
    // Whatever went wrong here, the connection must not stay open with nobody reading.
    reader.cancel().catch(() => {});
  }
}
