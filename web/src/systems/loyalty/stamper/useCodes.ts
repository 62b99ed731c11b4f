/** Codes that are held before the camera, or read by a hand scanner that types. */

import { type RefObject, useEffect, useEffectEvent, useRef } from 'react';
import { detector } from './detector';

const EVERY_MS = 110;
const SIDE = 720;
/** Some readers fail now and then, as when the system takes the camera's picture away; not so often in a row. */
const MOST_FAILURES = 5;
/** A code that stays in sight is one code; so is one that comes back within this time. */
const SAME_FOR_MS = 5_000;

/** Tells the same from the new: what was seen a moment ago is not seen again. */
export class Seen {
  readonly #last = new Map<string, number>();

  /** Whether this is new; sees it in any case. */
  isNew(what: string, now: number): boolean {
    const before = this.#last.get(what);
    this.#last.set(what, now);
    for (const [old, at] of this.#last) if (now - at > SAME_FOR_MS) this.#last.delete(old);
    return before === undefined || now - before > SAME_FOR_MS;
  }
}

/** Looks at the middle of the picture again and again, and tells what it reads. */
export function useVideoCodes(
  video: RefObject<HTMLVideoElement | null>,
  on: boolean,
  onText: (text: string) => void,
  onTrouble: () => void,
): void {
  const tell = useEffectEvent(onText);
  const fail = useEffectEvent(onTrouble);
  useEffect(() => {
    if (!on) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    let failures = 0;
    const canvas = document.createElement('canvas');
    const look = async () => {
      const element = video.current;
      if (element !== null && element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        draw(canvas, element);
        const codes = await (await detector()).detect(canvas);
        for (const { rawValue } of codes) if (!left && rawValue !== '') tell(rawValue);
      }
    };
    const again = () => {
      look().then(
        () => {
          failures = 0;
          if (!left) timer = setTimeout(again, EVERY_MS);
        },
        () => {
          failures += 1;
          if (left) return;
          if (failures < MOST_FAILURES) timer = setTimeout(again, EVERY_MS * 4);
          else fail();
        },
      );
    };
    again();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [on, video]);
}

/** The square in the middle, which is what the screen shows of it. */
function draw(canvas: HTMLCanvasElement, video: HTMLVideoElement): void {
  const { videoWidth: width, videoHeight: height } = video;
  const square = Math.min(width, height);
  canvas.width = canvas.height = Math.min(SIDE, square);
  canvas
    .getContext('2d', { willReadFrequently: true })
    ?.drawImage(
      video,
      (width - square) / 2,
      (height - square) / 2,
      square,
      square,
      0,
      0,
      canvas.width,
      canvas.height,
    );
}

const FASTEST_FINGERS_MS = 150;
const SHORTEST_CODE = 20;

/** A hand scanner is a keyboard that types a whole code faster than anybody could, and then Enter. */
export function useHandScanner(onText: (text: string) => void): void {
  const tell = useEffectEvent(onText);
  const typed = useRef({ text: '', at: 0 });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const quick = event.timeStamp - typed.current.at < FASTEST_FINGERS_MS;
      const before = quick ? typed.current.text : '';
      if (event.key === 'Enter' && before.length >= SHORTEST_CODE) {
        event.preventDefault();
        event.stopPropagation();
        typed.current = { text: '', at: 0 };
        tell(before);
      } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
        typed.current = { text: before + event.key, at: event.timeStamp };
      }
    };
    addEventListener('keydown', listen, { capture: true });
    return () => removeEventListener('keydown', listen, { capture: true });
  }, []);
}
