import type { Screen } from '../../app/screen.ts';

export const log: Screen = {
  name: 'log', title: 'log.title', group: 'record', needs: 'audit', key: 'l',
  places: [
    { path: '/log', load: async () => (await import('./log.tsx')).Log },
    { path: '/log/$exchange', load: async () => (await import('./exchange.tsx')).Exchange },
  ],
};
