import type { Screen } from '../../app/screen.ts';

export const exercises: Screen = {
  name: 'exercises', title: 'exercises.title', group: 'around', needs: 'audit', key: 'x',
  places: [
    { path: '/exercises', load: async () => (await import('./exercises.tsx')).Exercises },
    { path: '/exercises/$id', load: async () => (await import('./exercise.tsx')).ExercisePage },
  ],
};
