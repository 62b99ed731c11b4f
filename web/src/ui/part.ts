import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

/** Resolves when the browser has a network, at once when it has one. */
const network = () =>
  new Promise<void>((resolve) => {
    if (navigator.onLine) resolve();
    else window.addEventListener('online', () => resolve(), { once: true });
  });

/**
 * A module; while there is no network it is waited for, because a part that does not come breaks its whole page. A
 * browser that remembers the failure loads the page anew instead, which `fresh.ts` sees to.
 */
export async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  await network();
  return load().catch((error: unknown) => {
    if (navigator.onLine) throw error;
    return loaded(load);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: whatever properties a component has, it keeps them.
type Component = ComponentType<any>;

/** A component that is loaded when it is first shown. */
export function part<Name extends string, Module extends Record<Name, Component>>(
  load: () => Promise<Module>,
  name: Name,
): LazyExoticComponent<Module[Name]> {
  return lazy(() => loaded(load).then((module) => ({ default: module[name] })));
}
