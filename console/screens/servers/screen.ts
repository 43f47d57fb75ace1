import type { Screen } from '../../app/screen.ts';

export const servers: Screen = {
  name: 'servers', title: 'servers.title', group: 'rules', needs: 'read', key: 's',
  places: [
    { path: '/servers', load: async () => (await import('./servers.tsx')).Servers },
    { path: '/servers/$id', load: async () => (await import('./server.tsx')).Server },
  ],
};
