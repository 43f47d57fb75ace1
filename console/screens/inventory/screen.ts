import type { Screen } from '../../app/screen.ts';

export const inventory: Screen = {
  name: 'inventory', title: 'inventory.title', group: 'around', needs: 'read', key: 'y',
  places: [
    { path: '/inventory', load: async () => (await import('./inventory.tsx')).Inventory },
    { path: '/inventory/$id', load: async () => (await import('./asset.tsx')).AssetPage },
  ],
};
