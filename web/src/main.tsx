import '@fontsource-variable/figtree/index.css';
import '@mantine/core/styles.layer.css';
import './ui/tokens.css';
import './ui/base.css';

import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { configureClient } from './client';
import { reloadWhenReplaced } from './fresh';
import { startTexts } from './i18n';
import { queryClient } from './queries';
import { router } from './routes';
import { part } from './ui/part';
import { theme, variables } from './ui/theme';

const Toasts = part(() => import('./ui/Toasts'), 'Toasts');

configureClient();
reloadWhenReplaced();
await startTexts();

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager({ key: 'holdfast.scheme' })}
      >
        <QueryClientProvider client={queryClient}>
          <ModalsProvider>
            <RouterProvider router={router} />
            <Suspense>
              <Toasts />
            </Suspense>
          </ModalsProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('/sw.js');
