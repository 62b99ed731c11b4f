/// <reference lib="webworker" />
/**
 * The service worker: keeps the application's own files, so that every face opens without a network. Answers of the
 * api are never kept here; what a screen may show offline, it keeps itself and knows how old it is.
 */

import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/card.html'), { allowlist: [/^\/card(\/|$)/] }));
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/(api|health|metrics|docs|\.well-known|join|card)(\/|$)/, /\.[a-z0-9]+$/],
  }),
);

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
