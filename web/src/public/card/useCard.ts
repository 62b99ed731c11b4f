/** @jsxImportSource preact */
/**
 * One card, kept fresh: what this browser remembers at once, then the api's word, then every stamp as it happens. Live
 * updates come by server-sent events; a browser that lost them asks again when it comes back.
 */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Own } from '../../api';
import { own as fetchOwn, live, Refusal } from './calls';
import { type Kept, keep } from './store';

export type Standing = 'loading' | 'live' | 'offline' | 'gone' | 'failed';

export interface CardState {
  own: Own | null;
  /** When it was last seen, for what is shown offline. */
  seenAt: number;
  standing: Standing;
  refusal: Refusal | null;
  refresh: () => void;
}

const FIRST_AGAIN_MS = 1000;
const AGAIN_MS = 20_000;

export function useCard(card: Kept): CardState {
  const [own, setOwn] = useState(card.own);
  const [seenAt, setSeenAt] = useState(card.kept_at);
  const [standing, setStanding] = useState<Standing>('loading');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const cursor = useRef<string | null>(null);
  const { token, tenant_id } = card;

  const refresh = useCallback(async () => {
    try {
      const seen = await fetchOwn(token);
      cursor.current ??= seen.cursor;
      setOwn(seen.data);
      setSeenAt(Date.now());
      setStanding('live');
      setRefusal(null);
      await keep({ tenant_id, token, own: seen.data, kept_at: Date.now() });
    } catch (error) {
      const refused = error instanceof Refusal ? error : new Refusal(0, String(error), null);
      setRefusal(refused);
      setStanding(refused.status === 0 ? 'offline' : refused.status === 401 ? 'gone' : 'failed');
    }
  }, [token, tenant_id]);

  useEffect(() => {
    void refresh();
    const shown = () => document.visibilityState === 'visible' && void refresh();
    window.addEventListener('online', shown);
    window.addEventListener('offline', shown);
    document.addEventListener('visibilitychange', shown);
    return () => {
      window.removeEventListener('online', shown);
      window.removeEventListener('offline', shown);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [refresh]);

  // Whoever is offline finds out by trying, more and more rarely: some phones never say that they are back, and others
  // say so a moment before it is true.
  useEffect(() => {
    if (standing !== 'offline' && standing !== 'failed') return;
    let pause = FIRST_AGAIN_MS;
    let timer: ReturnType<typeof setTimeout>;
    const again = () => {
      void refresh();
      pause = Math.min(pause * 2, AGAIN_MS);
      timer = setTimeout(again, pause);
    };
    const sooner = () => {
      clearTimeout(timer);
      pause = FIRST_AGAIN_MS;
      timer = setTimeout(again, pause);
    };
    sooner();
    window.addEventListener('online', sooner);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('online', sooner);
    };
  }, [standing, refresh]);

  useEffect(() => {
    if (standing !== 'live') return;
    let source: EventSource | null = null;
    let over = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    const open = async () => {
      try {
        const { data } = await live(token);
        if (over) return;
        const query = new URLSearchParams(data.topics.map((topic) => ['topic', topic]));
        query.set('authorization', data.token);
        if (cursor.current !== null) query.set('lastEventID', cursor.current);
        source = new EventSource(`/.well-known/mercure?${query}`);
        source.onmessage = (event) => {
          cursor.current = event.lastEventId || cursor.current;
          void refresh();
        };
        source.onerror = () => {
          // The stream's token lives an hour; a closed stream is opened with a fresh one.
          if (source?.readyState !== EventSource.CLOSED || over) return;
          clearTimeout(again);
          again = setTimeout(() => void open(), AGAIN_MS);
        };
      } catch {
        if (!over) again = setTimeout(() => void open(), AGAIN_MS);
      }
    };
    void open();
    return () => {
      over = true;
      clearTimeout(again);
      source?.close();
    };
  }, [standing, token, refresh]);

  return { own, seenAt, standing, refusal, refresh: () => void refresh() };
}
