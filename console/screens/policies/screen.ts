import type { Screen } from '../../app/screen.ts';

export const policies: Screen = {
  name: 'policies', title: 'policies.title', group: 'rules', needs: 'read', key: 'p',
  places: [
    { path: '/policies', load: async () => (await import('./policies.tsx')).Policies },
    { path: '/policies/$id', load: async () => (await import('./file.tsx')).PolicyFile },
  ],
};
