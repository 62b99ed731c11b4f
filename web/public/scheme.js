// Runs before the first paint, so that nobody who chose dark sees a white flash.
(() => {
  let chosen = 'auto';
  try {
    chosen = localStorage.getItem('holdfast.scheme') || 'auto';
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
