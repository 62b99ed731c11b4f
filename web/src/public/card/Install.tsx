/** @jsxImportSource preact */
import { useEffect, useState } from 'preact/hooks';
import type { Texts } from './texts';

/** What Chromium offers before it installs a page; no standard names it. */
interface InstallOffer extends Event {
  prompt: () => Promise<void>;
}

const isApple = () => /iPhone|iPad/.test(navigator.userAgent);
const isInstalled = () => matchMedia('(display-mode: standalone)').matches;

/** A way to the home screen: a button where the browser has one, a sentence where it has a menu. */
export function Install({ t }: { t: Texts }) {
  const [offer, setOffer] = useState<InstallOffer | null>(null);
  useEffect(() => {
    const offered = (event: Event) => {
      event.preventDefault();
      setOffer(event as InstallOffer);
    };
    const installed = () => setOffer(null);
    window.addEventListener('beforeinstallprompt', offered);
    window.addEventListener('appinstalled', installed);
    return () => {
      window.removeEventListener('beforeinstallprompt', offered);
      window.removeEventListener('appinstalled', installed);
    };
  }, []);
  if (isInstalled()) return null;
  if (offer !== null) {
    return (
      <button type="button" class="quiet" onClick={() => void offer.prompt()}>
        {t('install')}
      </button>
    );
  }
  return isApple() ? <p class="hint">{t('install.ios')}</p> : null;
}
