import type { Screen } from '../../app/screen.ts';

export const configuration: Screen = {
  name: 'configuration', title: 'configuration.title', group: 'rules', needs: 'read', key: 'c',
  places: [
    { path: '/configuration', load: async () => (await import('./configuration.tsx')).Configuration },
    { path: '/configuration/$number', load: async () => (await import('./version.tsx')).VersionPage },
  ],
};
