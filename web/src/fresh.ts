/**
 * Keeps a page that was open during a release usable: parts that it has not loaded yet may be gone, because the release
 * brought others in their place. It is then loaded anew, once; what waits in a queue is in the browser's database.
 */

const KEPT = 'holdfast.reloaded';
const PAUSE_MS = 30_000;

export function reloadWhenReplaced(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const before = Number(sessionStorage.getItem(KEPT) ?? 0);
    // A part that is missing after a reload too is a fault, and the page says so.
    if (Date.now() - before < PAUSE_MS || !navigator.onLine) return;
    sessionStorage.setItem(KEPT, String(Date.now()));
    event.preventDefault();
    location.reload();
  });
}
