import { verify, type KeyObject } from 'node:crypto';
import { isAbsolute, normalize } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { SECRET_REFERENCE } from '../domain/server.ts';
import type { LaunchSpec, PackagePin } from '../domain/server.ts';
import { SIGNED_AS } from '../domain/snapshot.ts';
import type { ProcessRequest } from './processes.ts';
import { readSandboxSpec } from './read-sandbox.ts';

const LAUNCH_FIELDS = new Set(['command', 'args', 'env', 'cwd', 'shared', 'sandbox', 'package', 'unjailed']);
const PACKAGE_FIELDS = new Set(['ecosystem', 'name', 'version', 'digest', 'declared']);
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const KEY = /^[\w.-]{1,200}$/;

const REQUEST_FIELDS = new Set(['key', 'origin', 'order', 'secrets']);

/**
 * Reads what the gateway asks to start: a launch that control signed, with the secrets that it refers to. A field that the closed type
 * does not have is refused (invariant 9), and so is every launch that is not control's word: who owns the gateway chooses no program.
 */
export function readProcessRequest(body: Json, controlKey: KeyObject): ProcessRequest {
  const { key, origin, order, secrets } = readObject(body, REQUEST_FIELDS);
  const { bytes, signature } = readObject(order, new Set(['bytes', 'signature']));
  const signed = text(bytes, 'order');
  if (!verify(null, Buffer.from(SIGNED_AS.launch + signed), controlKey, Buffer.from(text(signature, 'order'), 'base64url'))) throw unsigned();
  const { space, server, launch } = readObject(parsed(signed), new Set(['space', 'server', 'launch']));
  return {
    key: readKey(key), origin: readKey(origin), space: text(space, 'space'), server: text(server, 'server'),
    launch: withSecrets(readLaunch(launch), readSecrets(secrets)),
  };
}

function readLaunch(launch: Json | undefined): LaunchSpec {
  const spec = readObject(launch, LAUNCH_FIELDS);
  const cwd = spec['cwd'];
  if (typeof spec['shared'] !== 'boolean') throw invalid('shared');
  if (spec['unjailed'] !== undefined && spec['unjailed'] !== true) throw invalid('unjailed');
  return {
    command: text(spec['command'], 'command'), args: readTexts(spec['args'], 'args'), env: readEnv(spec['env'], 'env'), shared: spec['shared'],
    sandbox: readSandboxSpec(spec['sandbox']),
    ...(cwd === undefined ? {} : { cwd: readPath(cwd, 'cwd') }),
    ...(spec['package'] === undefined ? {} : { package: readPackage(spec['package']) }),
    ...(spec['unjailed'] === true ? { unjailed: true } : {}),
  };
}

function readSecrets(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isObject(value)) throw invalid('secrets');
  return Object.fromEntries(Object.entries(value).map(([reference, secret]) => [reference, text(secret, 'secrets')]));
}

/** Each reference replaced by its secret; one that was not given starts nothing, and only what is a reference is replaced. */
function withSecrets(launch: LaunchSpec, secrets: Readonly<Record<string, string>>): LaunchSpec {
  const filled = (named: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(named).map(([name, value]) => {
      if (!SECRET_REFERENCE.test(value)) return [name, value];
      return [name, text(Object.hasOwn(secrets, value) ? secrets[value] : undefined, 'secrets')];
    }));
  return { ...launch, env: filled(launch.env), sandbox: { ...launch.sandbox, secretFiles: filled(launch.sandbox.secretFiles) } };
}

function parsed(json: string): Json {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid('order');
  }
}

function unsigned(): SallyportError {
  return new SallyportError('ERR_LINK_FORBIDDEN', 'The runner starts only what control signed.', { dispatched: false });
}

function readPackage(value: Json): PackagePin {
  const { ecosystem, name, version, digest, declared } = readObject(value, PACKAGE_FIELDS);
  if (ecosystem !== 'npm' && ecosystem !== 'pypi' && ecosystem !== 'oci') throw invalid('package');
  return { ecosystem, name: text(name, 'package'), version: text(version, 'package'), digest: text(digest, 'package'),
    declared: readTexts(declared, 'package') };
}

export function readKey(value: Json | undefined): string {
  if (typeof value === 'string' && KEY.test(value)) return value;
  throw invalid('key');
}

export function readObject(value: Json | undefined, fields: ReadonlySet<string>): JsonObject {
  if (!isObject(value)) throw invalid('object');
  for (const field of Object.keys(value)) if (!fields.has(field)) throw invalid(`unknown field ${field}`);
  return value;
}

export function text(value: Json | undefined, field: string): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw invalid(field);
}

export function readTexts(value: Json | undefined, field: string): readonly string[] {
  if (!isArray(value)) throw invalid(field);
  return value.map((item) => text(item, field));
}

export function readEnv(value: Json | undefined, field: string): Readonly<Record<string, string>> {
  if (!isObject(value)) throw invalid(field);
  return Object.fromEntries(Object.entries(value).map(([name, content]) => {
    if (!VARIABLE.test(name)) throw invalid(field);
    return [name, text(content, field)];
  }));
}

/** Absolute and plain: what a path with `..` means depends on who reads it. */
export function readPath(value: Json, field: string): string {
  const path = text(value, field);
  if (isAbsolute(path) && normalize(path) === path) return path;
  throw invalid(field);
}

export function invalid(what: string): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', 'The runner was asked for something that is not a launch.', { internal: what, dispatched: false });
}
