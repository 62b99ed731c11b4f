import { useEffect, useState } from 'react';
import { useFormats } from './format';

interface AgoProps {
  at: string;
  timezone?: string | undefined;
}

const MINUTE = 60_000;

/** How long ago something was; the moment itself when it is pointed at. */
export function Ago({ at, timezone }: AgoProps) {
  const { ago, moment } = useFormats({ timezone });
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={moment(at)}>
      {ago(at, Math.max(now, Date.parse(at)))}
    </time>
  );
}
