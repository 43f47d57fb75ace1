import type { Screen } from '../../app/screen.ts';

export const sessions: Screen = {
  name: 'sessions', title: 'sessions.title', group: 'now', needs: 'audit', key: 'e',
  places: [
    { path: '/sessions', load: async () => (await import('./sessions.tsx')).Sessions },
    { path: '/sessions/$context', load: async () => (await import('./session.tsx')).Session },
  ],
};
