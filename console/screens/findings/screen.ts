import type { Screen } from '../../app/screen.ts';

export const findings: Screen = {
  name: 'findings', title: 'findings.title', group: 'now', needs: 'audit', key: 'f',
  places: [
    { path: '/findings', load: async () => (await import('./findings.tsx')).Findings },
    { path: '/findings/$id', load: async () => (await import('./finding.tsx')).FindingPage },
  ],
};
