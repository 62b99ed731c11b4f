import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds the api: the address that `make demo` or `holdfast api` prints. */
const api = process.env.HOLDFAST_API ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.ts',
      injectRegister: false,
      // Each face is installed from its own page and brings its own manifest, which stands in public/.
      manifest: false,
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,woff2,svg,wasm,webmanifest}'],
        maximumFileSizeToCacheInBytes: 3_000_000,
      },
    }),
  ],
  build: {
    outDir: at('../src/holdfast/web'),
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    sourcemap: false,
    // The Content-Security-Policy allows no inline script, and a data: font is none of ours.
    assetsInlineLimit: 0,
    modulePreload: {
      polyfill: false,
      // The first piece would name every file that any screen asks for beside its own: twenty kilobytes of names. A
      // screen's style sheets are asked for early, and its scripts ask for one another.
      resolveDependencies: (_, files, { hostType }) =>
        hostType === 'js' ? files.filter((file) => file.endsWith('.css')) : files,
    },
    rolldownOptions: {
      output: {
        // The first piece holds the names of all others, so they are short.
        chunkFileNames: 'assets/[hash].js',
        // What the application starts with comes in one piece: fifty small ones pack worse and queue up. The pages for
        // guests keep out of it, and take only what they share.
        codeSplitting: {
          groups: [
            {
              name: 'start',
              tags: ['$initial'],
              test: /node_modules[/](?!preact|lean-qr|idb|@fontsource)/,
            },
          ],
        },
      },
      input: {
        app: at('./index.html'),
        card: at('./card.html'),
        join: at('./src/public/join.ts'),
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    // The api takes changes from its own pages only, so the proxy speaks as one of them.
    proxy: Object.fromEntries(
      ['/api', '/.well-known', '/join', '/health'].map((path) => [
        path,
        { target: api, headers: { origin: api } },
      ]),
    ),
  },
});
