import { useReducedMotion } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';

const MS = 500;

/** A figure that runs to its new value instead of jumping there, for those who like things to move. */
export function Counting({ value, format }: { value: number; format: (value: number) => string }) {
  const still = useReducedMotion();
  const [shown, setShown] = useState(value);
  const from = useRef(value);
  useEffect(() => {
    const start = from.current;
    if (still || start === value || document.hidden) {
      from.current = value;
      setShown(value);
      return;
    }
    const began = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const done = Math.min(1, (now - began) / MS);
      const eased = 1 - (1 - done) ** 3;
      // Where it is when the next value comes, is where it runs on from.
      from.current = Math.round(start + (value - start) * eased);
      setShown(from.current);
      if (done < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [value, still]);
  return <span>{format(shown)}</span>;
}
