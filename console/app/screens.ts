import { approvals } from '../screens/approvals/screen.ts';
import { configuration } from '../screens/configuration/screen.ts';
import { exercises } from '../screens/exercises/screen.ts';
import { findings } from '../screens/findings/screen.ts';
import { incidents } from '../screens/incidents/screen.ts';
import { inventory } from '../screens/inventory/screen.ts';
import { log } from '../screens/log/screen.ts';
import { overview } from '../screens/overview/screen.ts';
import { people } from '../screens/people/screen.ts';
import { policies } from '../screens/policies/screen.ts';
import { redteam } from '../screens/redteam/screen.ts';
import { reviews } from '../screens/reviews/screen.ts';
import { servers } from '../screens/servers/screen.ts';
import { sessions } from '../screens/sessions/screen.ts';
import { vendors } from '../screens/vendors/screen.ts';
import type { Screen } from './screen.ts';

/** Every screen, in the order of the sidebar. Deleting one deletes its folder, and its line here. */
export const SCREENS: readonly Screen[] = [
  overview, sessions, approvals, findings, incidents, servers, people, policies, inventory, configuration, vendors, redteam, exercises, reviews, log,
];
