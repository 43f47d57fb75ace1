import type { Screen } from '../../app/screen.ts';

export const vendors: Screen = {
  name: 'vendors', title: 'vendors.title', group: 'around', needs: 'read', key: 'v',
  places: [
    { path: '/vendors', load: async () => (await import('./vendors.tsx')).Vendors },
    { path: '/vendors/$id', load: async () => (await import('./vendor.tsx')).VendorPage },
  ],
};
