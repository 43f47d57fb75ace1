import type { Screen } from '../../app/screen.ts';

export const redteam: Screen = {
  name: 'redteam', title: 'redteam.title', group: 'around', needs: 'audit', key: 't',
  places: [
    { path: '/redteam', load: async () => (await import('./runs.tsx')).Runs },
    { path: '/redteam/$id', load: async () => (await import('./run.tsx')).RunPage },
  ],
};
