import { describe, expect, test } from 'bun:test';
import { LIMITS } from '../../domain/limits.ts';
import { rolesIn } from '../clues/source-roles.ts';
import { connectionsIn, cluesIn } from './files.ts';
import { lockReader } from './read/locks.ts';
import { manifestReader } from './read/manifests.ts';
import type { CodeLook } from './clue.ts';

const look: CodeLook = {
  machine: 'm', now: 1, unwrap: (command) => ({ runs: { kind: 'program', program: command[0] ?? '' }, wrappers: [] }), vendorOf: () => undefined,
  advisoriesFor: () => [], isClientFile: () => false, readClientFile: () => [],
};

/** Texts that make a careless pattern go back over everything, as long as a file may be. */
const PIECES = [
  '\n', ' ', '\t\n', '"', "'", '\\\n', '{{', '[', '<dependency>', '[target.\n', 'dependencies = [\n', '.package(', 'import ', '- kind:\n', 'mcp "', '"mcp',
  "'mcp==", '@mcp@', '$(', 'command: "a", args: [', 'server_url: "https://a', 'from mcp import ', 'RUN mcp \\\n', 'a=', '${', '"mcp": {"', 'url: ',
];
const FILES = [
  'package.json', 'pyproject.toml', 'requirements.txt', 'go.mod', 'Cargo.toml', 'pom.xml', 'build.gradle', 'A.csproj', 'Gemfile', 'composer.json',
  'Package.swift',
  'package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'uv.lock', 'Cargo.lock', 'Gemfile.lock', 'Dockerfile', 'compose.yaml', 'x.yaml',
  '.gitlab-ci.yml', 'server.json', 'manifest.json', 'run.sh',
];
const SOURCES = ['javascript', 'python', 'go', 'jvm', 'dotnet', 'rust', 'ruby', 'php', 'swift'] as const;

/** Whatever it says, it ends: with something or with an error. */
function read(file: string, text: string): void {
  try {
    manifestReader(file)?.(text);
    lockReader(file)?.(text);
    cluesIn(file, text, look);
  } catch {
    // Broken is said by who reads files.
  }
}

describe('no text makes a reader go on for ever', () => {
  for (const piece of PIECES) {
    const textOf = (bytes: number): string => `mcp${piece.repeat(Math.floor(bytes / piece.length))}`;
    test(JSON.stringify(piece), () => {
      const text = textOf(LIMITS.codeFileBytesMax / 8);
      // What reads YAML takes its time, in proportion.
      for (const file of FILES) read(file, /\.ya?ml$/.test(file) ? textOf(LIMITS.codeFileBytesMax / 128) : text);
      for (const language of SOURCES) rolesIn(text, language);
      expect(connectionsIn(text, true, look)).toEqual([]);
    });
  }
});
