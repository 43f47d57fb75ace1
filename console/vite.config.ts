import react from '@vitejs/plugin-react';
import { dirname } from 'node:path';
import { defineConfig } from 'vite';
import { notices } from './notices.ts';

// oxlint-disable-next-line import/no-default-export -- the form that Vite asks for
export default defineConfig({
  root: import.meta.dirname,
  // Relative: below whatever path control is reached, `<base href>` of index.html says where.
  base: './',
  plugins: [react(), notices(dirname(import.meta.dirname))],
  build: {
    outDir: 'dist', emptyOutDir: true, target: 'es2023', reportCompressedSize: false,
    // What would be inline is refused by the page's policy.
    assetsInlineLimit: 0, modulePreload: { polyfill: false },
  },
});
