import { isArray, isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { objectAt, textAt, textsAt, timeOf } from '../formats/record.ts';

/** What a company's identity provider says that somebody allowed an app. */
export interface Grant {
  readonly provider: Provider;
  readonly line: number;
  readonly app: string;
  readonly appId: string;
  readonly redirects: readonly string[];
  readonly scopes: readonly string[];
  readonly person?: string;
  readonly seenAt: number;
}

export type Provider = 'entra' | 'google' | 'okta';

interface Found {
  readonly line: number;
  readonly record: JsonObject;
}

/** The rows of an export: a list, a page of an API with its list under the usual names, or each document itself. */
export function rowsIn(documents: readonly { readonly line: number; readonly value: Json }[]): readonly Found[] {
  return documents.flatMap(({ line, value }) => listOf(value).filter(isObject).map((record) => ({ line, record })));
}

const LISTS = ['value', 'items', 'data', 'tokens', 'grants', 'apps', 'connectors', 'agents', 'activities', 'servicePrincipals', 'oauth2PermissionGrants',
  'events'];

function listOf(value: Json): readonly Json[] {
  if (isArray(value)) return value;
  if (!isObject(value)) return [];
  const lists = LISTS.flatMap((name) => {
    const list = value[name];
    // The events of an activity belong to it.
    return isArray(list) && !(name === 'events' && value['id'] !== undefined) ? list : [];
  });
  return lists.length === 0 ? [value] : lists;
}

/** Grants of the export of an identity provider; undefined for one of something else. */
export function grantsIn(rows: readonly Found[]): readonly Grant[] | undefined {
  const found = [entraIn(rows), googleIn(rows), oktaIn(rows)].filter((grants) => grants !== undefined);
  return found.length === 0 ? undefined : found.flat();
}

/** Microsoft Entra: service principals and the permissions granted to them (Graph), and consents of its audit log. */
function entraIn(rows: readonly Found[]): readonly Grant[] | undefined {
  const principals = rows.filter(({ record }) => has(record, 'appId') && (has(record, 'servicePrincipalType') || has(record, 'replyUrls')));
  const permissions = rows.filter(({ record }) => has(record, 'consentType') && has(record, 'clientId'));
  const consents = rows.filter(({ record }) => /^Consent to application$/i.test(textAt(record, 'activityDisplayName') ?? ''));
  if (principals.length + permissions.length + consents.length === 0) return undefined;
  const byId = Map.groupBy(permissions, ({ record }) => textAt(record, 'clientId') ?? '');
  const listed = principals.flatMap(({ line, record }): readonly Grant[] => {
    const grant = {
      provider: 'entra' as const, line, app: textAt(record, 'displayName', 'appDisplayName') ?? '', appId: textAt(record, 'appId') ?? '',
      redirects: textsAt(record, 'replyUrls'), seenAt: timeOf(textAt(record, 'createdDateTime')),
    };
    const granted = byId.get(textAt(record, 'id') ?? '') ?? [];
    return granted.length === 0 ? [{ ...grant, scopes: [] }] : granted.map(({ record: one }) => ({ ...grant, scopes: words(textAt(one, 'scope')),
      ...person(textAt(one, 'principalId')) }));
  });
  const consented = consents.map(({ line, record }): Grant => {
    const targets = record['targetResources'];
    const target = isArray(targets) ? targets.find(isObject) : undefined;
    const user = objectAt(objectAt(record, 'initiatedBy') ?? {}, 'user') ?? {};
    return {
      provider: 'entra', line, app: (target && textAt(target, 'displayName')) ?? '', appId: (target && textAt(target, 'id')) ?? '', redirects: [], scopes: [],
      ...person(textAt(user, 'userPrincipalName')), seenAt: timeOf(textAt(record, 'activityDateTime')),
    };
  });
  return [...listed, ...consented];
}

/** Google Workspace: tokens of the directory, and the report of token activity. */
function googleIn(rows: readonly Found[]): readonly Grant[] | undefined {
  const tokens = rows.filter(({ record }) => record['kind'] === 'admin#directory#token' || (has(record, 'displayText') && has(record, 'clientId')));
  const activities = rows.filter(({ record }) => record['kind'] === 'admin#reports#activity');
  if (tokens.length + activities.length === 0) return undefined;
  return [
    ...tokens.map(({ line, record }): Grant => ({
      provider: 'google', line, app: textAt(record, 'displayText') ?? '', appId: textAt(record, 'clientId') ?? '', redirects: [], scopes: textsAt(record,
        'scopes'),
      ...person(textAt(record, 'userKey')), seenAt: 0,
    })),
    ...activities.flatMap(({ line, record }) => authorised(line, record)),
  ];
}

function authorised(line: number, record: JsonObject): readonly Grant[] {
  const events = isArray(record['events']) ? record['events'].filter(isObject) : [];
  return events.filter((event) => event['name'] === 'authorize').map((event): Grant => {
    const parameters = isArray(event['parameters']) ? event['parameters'].filter(isObject) : [];
    const named = (name: string): JsonObject => parameters.find((parameter) => parameter['name'] === name) ?? {};
    return {
      provider: 'google', line, app: textAt(named('app_name'), 'value') ?? '', appId: textAt(named('client_id'), 'value') ?? '', redirects: [],
      scopes: textsAt(named('scope'), 'multiValue'), ...person(textAt(objectAt(record, 'actor') ?? {}, 'email')), seenAt: timeOf(textAt(objectAt(record,
        'id') ?? {}, 'time')),
    };
  });
}

/** Okta: apps with their redirect addresses, and consents of the system log. */
function oktaIn(rows: readonly Found[]): readonly Grant[] | undefined {
  const apps = rows.filter(({ record }) => has(record, 'signOnMode') && has(record, 'label'));
  const consents = rows.filter(({ record }) => (textAt(record, 'eventType') ?? '').startsWith('app.oauth2.') && record['target'] !== undefined);
  if (apps.length + consents.length === 0) return undefined;
  return [
    ...apps.map(({ line, record }): Grant => ({
      provider: 'okta', line, app: textAt(record, 'label') ?? '', appId: textAt(record, 'id') ?? '',
      redirects: textsAt(objectAt(objectAt(record, 'settings') ?? {}, 'oauthClient') ?? {}, 'redirect_uris'), scopes: [], seenAt: timeOf(textAt(record,
        'created')),
    })),
    ...consents.filter(({ record }) => /consent\.grant|token\.grant/.test(textAt(record, 'eventType') ?? '')).map(({ line, record }): Grant => {
      const targets = isArray(record['target']) ? record['target'].filter(isObject) : [];
      const app = targets.find((target) => /client|app/i.test(textAt(target, 'type') ?? '')) ?? {};
      const scopes = targets.filter((target) => /scope/i.test(textAt(target, 'type') ?? '')).flatMap((target) => textAt(target, 'displayName') ?? []);
      return {
        provider: 'okta', line, app: textAt(app, 'displayName', 'alternateId') ?? '', appId: textAt(app, 'id') ?? '', redirects: [], scopes,
        ...person(textAt(objectAt(record, 'actor') ?? {}, 'alternateId')), seenAt: timeOf(textAt(record, 'published')),
      };
    }),
  ];
}

function has(record: JsonObject, name: string): boolean {
  return record[name] !== undefined;
}

function person(name: string | undefined): { readonly person?: string } {
  return name === undefined ? {} : { person: name };
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
