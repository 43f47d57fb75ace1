import type { Screen } from '../../app/screen.ts';

export const approvals: Screen = {
  name: 'approvals', title: 'approvals.title', group: 'now', needs: 'read', key: 'a',
  places: [
    { path: '/approvals', load: async () => (await import('./approvals.tsx')).Approvals },
    { path: '/approvals/$id', load: async () => (await import('./approvals.tsx')).Approvals },
  ],
};
