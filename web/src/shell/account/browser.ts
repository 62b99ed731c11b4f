/** What a browser calls itself, as a person would call it. */

interface Browser {
  browser: string;
  system: string;
  phone: boolean;
}

/** The first that is found counts: many a browser also claims to be another. */
const BROWSERS = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
] as const;
const SYSTEMS = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const;

/** Browser and system; null when it is no browser that we know, such as a program. */
export function browserOf(agent: string | null): Browser | null {
  const browser = BROWSERS.find(([, pattern]) => pattern.test(agent ?? ''))?.[0];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(agent ?? ''))?.[0];
  if (browser === undefined || system === undefined) return null;
  return { browser, system, phone: /\b(Mobile|iPhone|Android)\b/.test(agent ?? '') };
}
