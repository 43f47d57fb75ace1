import { basename } from 'node:path';
import { languageOf } from '../clues/source-roles.ts';
import type { Language } from '../clues/source-roles.ts';
import { endpointsIn } from './read/endpoints.ts';
import { readCompose } from './read/compose.ts';
import { readDockerfile } from './read/dockerfile.ts';
import { readKubernetes } from './read/kubernetes.ts';
import { readBundleManifest, readServerJson } from './read/server-document.ts';
import { cluesOfShell } from './read/shell.ts';
import { readWorkflow } from './read/workflow.ts';
import type { CodeLook, Clue } from './clue.ts';

type Reader = (text: string, look: CodeLook) => readonly Clue[];

/** By name; a file that is none of these is a source, a manifest, or nothing. */
const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$|\.(?:dockerfile|Dockerfile)$/, readDockerfile],
  [/(?:^|\/)(?:docker-)?compose[\w.-]*\.ya?ml$|(?:^|\/)podman-compose[\w.-]*\.ya?ml$/, readCompose],
  [/(?:^|\/)\.(?:github|gitea|forgejo)\/(?:workflows|actions)\/.+\.ya?ml$|(?:^|\/)action\.ya?ml$/, readWorkflow],
  [/(?:^|\/)\.gitlab-ci[\w.-]*\.ya?ml$|(?:^|\/)(?:azure|bitbucket)-pipelines[\w.-]*\.ya?ml$|(?:^|\/)\.circleci\/config\.ya?ml$/, readWorkflow],
  [/(?:^|\/)\.(?:drone|woodpecker|travis)\.ya?ml$|(?:^|\/)\.buildkite\/.+\.ya?ml$/, readWorkflow],
  [/(?:^|\/)server\.json$/, readServerJson], [/(?:^|\/)manifest\.json$/, readBundleManifest],
  [/(?:^|\/)(?:Jenkinsfile|Makefile|justfile)$|\.(?:sh|bash|zsh)$/, (text, look) => cluesOfShell(text, 1, look)],
  [/\.ya?ml$/, (text, look) => (/^[ \t]*(?:-[ \t]+)?kind:/m.test(text) && /^[ \t]*(?:-[ \t]+)?apiVersion:/m.test(text) ? readKubernetes(text, look) : [])],
];

/** Names the protocol or something that carries it: what has none of these is not parsed. */
const HINT = /mcp|modelcontextprotocol|toolhive|supergateway/i;

/** Whether a file may tell of a server, by its path alone. */
export function mayTell(path: string): boolean {
  return READERS.some(([pattern]) => pattern.test(path)) || languageOf(path) !== undefined;
}

export function isHinted(path: string, text: string): boolean {
  return HINT.test(text) || HINT.test(path);
}

/** What a file of configuration tells. Throws where it is broken. */
export function cluesIn(path: string, text: string, look: CodeLook): readonly Clue[] {
  if (look.isClientFile(path)) return look.readClientFile(path, text);
  if (!isHinted(path, text)) return [];
  return READERS.find(([pattern]) => pattern.test(path))?.[1](text, look) ?? [];
}

/** The language of a source that is worth reading: it names the protocol, and is no copy of a library or made by a machine. */
export function sourceLanguage(path: string, text: string): Language | undefined {
  const language = languageOf(path);
  return language !== undefined && HINT.test(text) && !/\.(?:min|bundle)\.[cm]?js$|\.d\.[cm]?ts$/.test(basename(path)) ? language : undefined;
}

export function connectionsIn(text: string, speaks: boolean, look: CodeLook): readonly Clue[] {
  return endpointsIn(text, speaks, look);
}
