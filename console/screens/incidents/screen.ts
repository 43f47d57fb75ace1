import type { Screen } from '../../app/screen.ts';

export const incidents: Screen = {
  name: 'incidents', title: 'incidents.title', group: 'now', needs: 'audit', key: 'i',
  places: [
    { path: '/incidents', load: async () => (await import('./incidents.tsx')).Incidents },
    { path: '/incidents/$id', load: async () => (await import('./incident.tsx')).IncidentPage },
  ],
};
