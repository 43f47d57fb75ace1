import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// oxlint-disable-next-line import/no-default-export -- the form that Vite asks for
export default defineConfig({
  root: import.meta.dirname,
  // Relative: below whatever path control is reached, `<base href>` of index.html says where.
  base: './',
  plugins: [react()],
  build: {
    outDir: 'dist', emptyOutDir: true, target: 'es2023', reportCompressedSize: false,
    // What would be inline is refused by the page's policy.
    assetsInlineLimit: 0, modulePreload: { polyfill: false },
  },
});
