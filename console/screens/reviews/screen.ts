import type { Screen } from '../../app/screen.ts';

export const reviews: Screen = {
  name: 'reviews', title: 'reviews.title', group: 'rules', needs: 'self', key: 'r',
  places: [
    { path: '/reviews', load: async () => (await import('./reviews.tsx')).Reviews },
    { path: '/reviews/$id', load: async () => (await import('./review.tsx')).ReviewPage },
  ],
};
