import type { Screen } from '../../app/screen.ts';

export const people: Screen = {
  name: 'people', title: 'people.title', group: 'rules', needs: 'read', key: 'u',
  places: [{ path: '/people', load: async () => (await import('./people.tsx')).People }],
};
