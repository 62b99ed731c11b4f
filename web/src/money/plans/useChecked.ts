/** Prices that are typed, checked when they are first sent and from then on while they are corrected. */

import { type RefObject, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { NOTHING_WRONG, type Wrongs, wrongsOf } from './check';
import type { PriceDraft } from './draft';

interface Checked {
  form: RefObject<HTMLFormElement | null>;
  /** Nothing before somebody tried: nobody is told off for what they have not typed yet. */
  wrongs: Wrongs;
  /** Whether the prices can be sent; otherwise the first field that is wrong gets the focus. */
  check: () => boolean;
}

export function useChecked(prices: readonly PriceDraft[], currency: string): Checked {
  const form = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(false);
  const wrongs = wrongsOf(prices, currency);
  return {
    form,
    wrongs: tried ? wrongs : NOTHING_WRONG,
    check: () => {
      // The fields must say that they are wrong before the first of them can be found.
      flushSync(() => setTried(true));
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      return wrongs.size === 0;
    },
  };
}
