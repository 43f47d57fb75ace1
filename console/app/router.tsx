import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Frame } from './frame.tsx';
import { Nowhere } from './nowhere.tsx';
import { SCREENS } from './screens.ts';

/** The address line: a route for each place of each screen. What stands behind `?` is read by `useView` and `useSpace`. */
export function createConsoleRouter(basepath: string): ReturnType<typeof createRouter> {
  const root = createRootRoute({ component: Frame, notFoundComponent: Nowhere });
  const home = createRoute({
    getParentRoute: () => root, path: '/',
    beforeLoad: () => {
      throw redirect({ to: SCREENS[0]?.places[0].path ?? '/' });
    },
  });
  const places = SCREENS.flatMap(({ places: some }) => some).map(({ path, load }) => createRoute({
    getParentRoute: () => root, path, component: lazyRouteComponent(async () => ({ default: await load() })),
  }));
  return createRouter({ routeTree: root.addChildren([home, ...places]), basepath, defaultPreload: 'intent' });
}
