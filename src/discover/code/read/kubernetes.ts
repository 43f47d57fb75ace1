import { clueOfCommand, clueOfImage, clueOfUrl } from '../clue.ts';
import type { CodeLook, Clue } from '../clue.ts';
import { at, everything, readYaml, wordsAt } from './yaml.ts';
import type { Placed } from './yaml.ts';

/**
 * The servers of Kubernetes manifests: workloads by image and command, custom resources whose kind names the protocol
 * (ToolHive's `MCPServer` and `MCPRemoteProxy`, kagent's `RemoteMCPServer`, …) by the image or address in them, and entries
 * from outside by host or path.
 */
export function readKubernetes(text: string, look: CodeLook): readonly Clue[] {
  return readYaml(text).flatMap((document) => resourcesIn(document)).flatMap((resource) => {
    const [kind, version] = [at(resource, 'kind')?.text ?? '', at(resource, 'apiVersion')?.text ?? ''];
    const name = at(resource, 'metadata', 'name')?.text;
    const called = name === undefined || name === 'TEMPLATE' ? {} : { name };
    return ofResource(resource, kind, version, look).map((clue) => ({ ...clue, ...called, facts: { ...clue.facts, kind } }));
  });
}

function ofResource(resource: Placed, kind: string, version: string, look: CodeLook): readonly Clue[] {
  if (isOfProtocol(kind, version)) return custom(resource, kind, look);
  return kind === 'Ingress' || kind === 'HTTPRoute' ? entries(resource, look) : workload(resource, look);
}

function resourcesIn(document: Placed): readonly Placed[] {
  return at(document, 'kind')?.text === 'List' ? at(document, 'items')?.items ?? [] : [document];
}

function isOfProtocol(kind: string, version: string): boolean {
  return /MCP(?:Server|Remote|Route)|^(?:ToolServer|MCPServerEntry)$/.test(kind) && version.includes('.') && version.includes('/');
}

function custom(resource: Placed, kind: string, look: CodeLook): readonly Clue[] {
  const spec = at(resource, 'spec');
  if (spec === undefined) return [];
  const image = valueOf(spec, /^image$/);
  const url = valueOf(spec, /^(?:url|remoteurl|serverurl|endpoint)$/i);
  const line = (image ?? url ?? spec).line;
  const remote = url?.text === undefined ? undefined : clueOfUrl(url.text, line, 95, `a resource of kind ${kind}`, look);
  if (remote !== undefined) return [{ ...remote, confidence: 95 }];
  const reference = image?.text;
  if (reference === undefined || /TEMPLATE|[${}]/.test(reference)) return [];
  const untagged = reference.replace(/@sha256:.*$/, '');
  const version = /:([^/:]+)$/.exec(untagged)?.[1];
  const name = untagged.replace(/:[^/:]+$/, '');
  return [{
    line, sensor: 'code', kind: 'server', confidence: 95, risks: reference.includes('@sha256:') ? [] : ['unpinned'],
    facts: { by: `a resource of kind ${kind}` },
    runs: { kind: 'package', ecosystem: 'oci', name, ...(version !== undefined && { version }) },
  }];
}

function valueOf(spec: Placed, name: RegExp): Placed | undefined {
  for (const { members } of everything(spec)) {
    const found = [...(members ?? [])].find(([key, value]) => name.test(key) && value.text !== undefined && value.text !== '');
    if (found !== undefined) return found[1];
  }
  return undefined;
}

function workload(resource: Placed, look: CodeLook): readonly Clue[] {
  const all = [...everything(resource)].flatMap(({ members }) => ['containers', 'initContainers'].flatMap((name) => members?.get(name)?.items ?? []));
  return all.flatMap((container) => {
    const image = at(container, 'image');
    const words = [...wordsAt(at(container, 'command')), ...wordsAt(at(container, 'args'))];
    const byImage = image?.text === undefined ? undefined : clueOfImage(image.text, image.line, 'an image of a workload');
    const found = byImage ?? clueOfCommand(words, container.line, look);
    return found === undefined ? [] : [found];
  });
}

/** A host whose first label is `mcp`, or a path that ends in it. */
function entries(resource: Placed, look: CodeLook): readonly Clue[] {
  const hosts = [...everything(resource)].flatMap(({ members }) => [members?.get('host'), ...(members?.get('hostnames')?.items ?? [])]);
  const paths = [...everything(resource)].flatMap(({ members }) => [members?.get('path')?.text, at(members?.get('path'), 'value')?.text]);
  const path = paths.find((each) => each !== undefined && /^\/(?:[\w-]+\/)*(?:mcp|sse)\/?$/.test(each));
  const host = hosts.find((each) => each?.text !== undefined && (path !== undefined || each.text.startsWith('mcp.')));
  if (host?.text === undefined) return [];
  const found = clueOfUrl(`https://${host.text}${path ?? '/mcp'}`, host.line, 60, 'an entry from outside', look);
  return found === undefined ? [] : [found];
}
