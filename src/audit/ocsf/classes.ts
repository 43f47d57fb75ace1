/** What of a class of OCSF 1.8.0 we fill: its numbers, its words, and which attributes it has that not every class has. */
export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: readonly [uid: number, name: string];
  readonly activities: Readonly<Record<number, string>>;
  readonly statuses: Readonly<Record<number, string>>;
  /** Attributes of its own; `actor` and `device` come with the profile `host` where they are not named here. */
  readonly has: readonly Attribute[];
  /** Profiles besides `security_control` and `host`, which every class has. */
  readonly profiles: readonly Profile[];
}

export type Profile = 'trace' | 'ai_operation' | 'data_classification';
export type Attribute = 'actor' | 'device' | 'src_endpoint' | 'dst_endpoint' | 'http_request' | 'api' | 'resources';

const OUTCOMES = { 0: 'Unknown', 1: 'Success', 2: 'Failure', 99: 'Other' } as const;
const IDENTITY = [3, 'Identity & Access Management'] as const;
const APPLICATION = [6, 'Application Activity'] as const;
const FINDINGS = [2, 'Findings'] as const;

/** The classes that records become, by the schema's own names. */
export const CLASSES = {
  api_activity: {
    uid: 6003, name: 'API Activity', category: APPLICATION, statuses: OUTCOMES,
    activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete', 99: 'Other' },
    has: ['actor', 'src_endpoint', 'dst_endpoint', 'http_request', 'api', 'resources'], profiles: ['trace', 'ai_operation', 'data_classification'],
  },
  datastore_activity: {
    uid: 6005, name: 'Datastore Activity', category: APPLICATION, statuses: OUTCOMES, activities: { 1: 'Read', 2: 'Update', 6: 'Create', 7: 'Delete' },
    has: ['actor', 'src_endpoint', 'dst_endpoint', 'http_request'], profiles: ['ai_operation'],
  },
  application_error: {
    uid: 6008, name: 'Application Error', category: APPLICATION, statuses: OUTCOMES, activities: { 1: 'General Error', 2: 'Translation Error' },
    has: [], profiles: [],
  },
  application_lifecycle: {
    uid: 6002, name: 'Application Lifecycle', category: APPLICATION, statuses: OUTCOMES, activities: { 3: 'Start', 4: 'Stop', 6: 'Enable', 99: 'Other' },
    has: [], profiles: [],
  },
  authentication: {
    uid: 3002, name: 'Authentication', category: IDENTITY, statuses: OUTCOMES,
    activities: { 1: 'Logon', 2: 'Logoff', 3: 'Authentication Ticket', 4: 'Service Ticket Request' },
    has: ['actor', 'src_endpoint', 'dst_endpoint', 'http_request'], profiles: [],
  },
  entity_management: {
    uid: 3004, name: 'Entity Management', category: IDENTITY, statuses: OUTCOMES,
    activities: {
      1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete', 6: 'Enroll', 8: 'Enable', 9: 'Disable', 10: 'Activate', 11: 'Deactivate', 12: 'Suspend', 99: 'Other',
    },
    has: ['actor', 'src_endpoint', 'http_request'], profiles: [],
  },
  user_access: {
    uid: 3005, name: 'User Access Management', category: IDENTITY, statuses: OUTCOMES, activities: { 1: 'Assign Privileges', 2: 'Revoke Privileges' },
    has: ['actor', 'src_endpoint', 'http_request', 'resources'], profiles: ['data_classification'],
  },
  device_config_state_change: {
    uid: 5019, name: 'Device Config State Change', category: [5, 'Discovery'], statuses: OUTCOMES, activities: { 1: 'Log', 2: 'Collect' },
    has: ['actor', 'device'], profiles: [],
  },
  detection_finding: {
    uid: 2004, name: 'Detection Finding', category: FINDINGS, statuses: { 0: 'Unknown', 1: 'New' }, activities: { 1: 'Create', 2: 'Update', 3: 'Close' },
    has: ['device', 'resources'], profiles: ['data_classification'],
  },
  network_activity: {
    uid: 4001, name: 'Network Activity', category: [4, 'Network Activity'], statuses: OUTCOMES,
    activities: { 1: 'Open', 2: 'Close', 3: 'Reset', 4: 'Fail', 5: 'Refuse' },
    has: ['actor', 'device'], profiles: [],
  },
  remediation_activity: {
    uid: 7001, name: 'Remediation Activity', category: [7, 'Remediation'], statuses: { 0: 'Unknown', 1: 'Success', 2: 'Failure' },
    activities: { 1: 'Isolate', 2: 'Evict', 3: 'Restore', 4: 'Harden', 5: 'Detect' },
    has: [], profiles: [],
  },
} as const satisfies Readonly<Record<string, OcsfClass>>;

export type ClassName = keyof typeof CLASSES;
