/** @jsxImportSource preact */
import { useEffect, useState } from 'preact/hooks';
import { qrOf } from '../../ui/qrcode';
import { code as fetchCode, Refusal } from './calls';
import type { Texts } from './texts';

interface MovingCodeProps {
  token: string;
  what: { card_id: string } | { reward_id: string };
  label: string;
  /** A code is fetched so often; each lives a minute, so a slow network still shows one that works. */
  seconds: number;
  t: Texts;
}

function Picture({ code, label }: { code: string; label: string }) {
  const { path, side } = qrOf(code);
  return (
    <svg
      class="code-picture"
      role="img"
      aria-label={label}
      data-code={code}
      viewBox={`0 0 ${side} ${side}`}
      shape-rendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
}

/** A signed code that changes by itself while it is looked at, and shows that it does. */
export function MovingCode({ token, what, label, seconds, t }: MovingCodeProps) {
  const [code, setCode] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const wanted = JSON.stringify(what);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const next = async () => {
      clearTimeout(timer);
      if (document.visibilityState === 'hidden') return;
      let pause = seconds * 1000;
      try {
        const { data } = await fetchCode(token, JSON.parse(wanted));
        if (over) return;
        setCode(data.code);
        setRefusal(null);
      } catch (error) {
        if (over) return;
        // An old code is not left standing: it would be refused at the counter.
        setCode(null);
        setRefusal(error instanceof Refusal ? error : new Refusal(0, '', null));
        pause = 3000;
      }
      timer = setTimeout(() => void next(), pause);
    };
    void next();
    const shown = () => void next();
    document.addEventListener('visibilitychange', shown);
    window.addEventListener('online', shown);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', shown);
      window.removeEventListener('online', shown);
    };
  }, [token, wanted, seconds]);

  if (code === null) {
    return (
      <div class="code code-empty" role="status">
        {refusal === null ? t('show.waiting') : refusal.status === 0 ? t('show.offline') : refusal.message}
      </div>
    );
  }
  return (
    <figure class="code" key={code}>
      <Picture code={code} label={label} />
      <div class="code-life" style={{ animationDuration: `${seconds}s` }} aria-hidden="true" />
    </figure>
  );
}
