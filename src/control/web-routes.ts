import { apiMetadata } from './admins/api-door.ts';
import { consoleRoutes } from './admins/console-web.ts';
import { approvalPages } from './approvals/pages.ts';
import { denialPages } from './denials/pages.ts';
import { connectionPages } from './connections/web.ts';
import { scimRoutes } from './scim/web.ts';
import { disclosurePages } from './vendors/pages.ts';
import { signInRoutes } from './sign-in/routes.ts';
import type { WebRoute } from './web.ts';

/** Every page and endpoint of control's door besides the API and OAuth. What is not here does not exist. */
export const WEB_ROUTES: readonly WebRoute[] = [
  apiMetadata, ...approvalPages, ...denialPages, ...disclosurePages, ...connectionPages, ...consoleRoutes, ...signInRoutes, ...scimRoutes,
];
