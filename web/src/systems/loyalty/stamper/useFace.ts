/** The stamper as an application of its own: its manifest, and its business's name and colour. */

import { useComputedColorScheme } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { showAccent } from '../../../ui/accent';
import type { Business } from './device';

/** Links `/stamper.webmanifest` while the stamper is shown, so that it is installed as what it is. */
export function useFace(title: string, business: Business | null): void {
  useDocumentTitle(title);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]');
    const before = link?.getAttribute('href');
    link?.setAttribute('href', '/stamper.webmanifest');
    return () => {
      if (before) link?.setAttribute('href', before);
    };
  }, []);
  const accent = business?.accent ?? null;
  useEffect(() => {
    showAccent(accent, scheme);
    return () => showAccent(null, scheme);
  }, [accent, scheme]);
  useEffect(() => {
    if (accent === null) return;
    // The address bar and the task switcher wear the business's colour.
    const metas = Array.from(document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]'));
    const before = metas.map(({ content }) => content);
    for (const meta of metas) meta.content = accent;
    return () => {
      for (const [at, meta] of metas.entries()) meta.content = before[at] ?? '';
    };
  }, [accent]);
}

interface InstallEvent extends Event {
  prompt: () => Promise<{ outcome: string }>;
}

let offered: InstallEvent | null = null;
globalThis.addEventListener?.('beforeinstallprompt', (event) => {
  // Offered by ourselves, beside a word on what it is good for.
  event.preventDefault();
  offered = event as InstallEvent;
});

const standalone = () =>
  matchMedia('(display-mode: standalone)').matches ||
  (navigator as { standalone?: boolean }).standalone === true;
const apple = () =>
  /iPad|iPhone|iPod/.test(navigator.userAgent) ||
  (navigator.userAgent.includes('Mac') && navigator.maxTouchPoints > 1);

export type Installation = 'installed' | 'offered' | 'by-hand' | 'unknown';

/** Whether this is installed, can be by a tap, or by hand as on an iPhone. */
export function useInstallation(): [Installation, () => void] {
  const look = (): Installation =>
    standalone() ? 'installed' : offered !== null ? 'offered' : apple() ? 'by-hand' : 'unknown';
  const [state, setState] = useState(look);
  useEffect(() => {
    const listen = () => setTimeout(() => setState(look()));
    addEventListener('beforeinstallprompt', listen);
    addEventListener('appinstalled', listen);
    return () => {
      removeEventListener('beforeinstallprompt', listen);
      removeEventListener('appinstalled', listen);
    };
  });
  const install = () => {
    const event = offered;
    offered = null;
    void event?.prompt().finally(() => setState(look()));
  };
  return [state, install];
}

/** Keeps the screen on while this is shown, where the device can. */
export function useAwake(on: boolean): void {
  useEffect(() => {
    if (!on || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let left = false;
    const hold = async () => {
      if (document.visibilityState !== 'visible') return;
      const got = await navigator.wakeLock.request('screen').catch(() => null);
      if (left) void got?.release();
      else lock = got;
    };
    const seen = () => void hold();
    seen();
    document.addEventListener('visibilitychange', seen);
    return () => {
      left = true;
      document.removeEventListener('visibilitychange', seen);
      void lock?.release();
    };
  }, [on]);
}
