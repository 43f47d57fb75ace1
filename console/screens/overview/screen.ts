import type { Screen } from '../../app/screen.ts';

export const overview: Screen = {
  name: 'overview', title: 'overview.title', group: 'now', needs: 'read', key: 'o',
  places: [{ path: '/overview', load: async () => (await import('./overview.tsx')).OverviewPage }],
};
