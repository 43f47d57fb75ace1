import { describe, expect, test } from 'bun:test';
import { lockReader } from './locks.ts';
import { manifestReader } from './manifests.ts';

/** What each form of lock file looks like, as its package manager writes it; the version that must be read of it, and its line. */
const LOCKS: readonly (readonly [file: string, text: string, found: string])[] = [
  [
    'package-lock.json',
    '{\n  "lockfileVersion": 1,\n  "dependencies": {\n    "@modelcontextprotocol/sdk": {\n      "version": "1.10.0"\n    }\n  }\n}',
    '1.10.0:4',
  ],
  ['pnpm-lock.yaml', "lockfileVersion: '9.0'\n\npackages:\n\n  '@modelcontextprotocol/sdk@1.11.0':\n    resolution: {integrity: sha512-x}\n", '1.11.0:5'],
  ['pnpm-lock.yaml', 'lockfileVersion: 5.4\n\npackages:\n\n  /@modelcontextprotocol/sdk/1.4.0_zod@3.0.0:\n    resolution: {}\n', '1.4.0:5'],
  ['yarn.lock', '# yarn lockfile v1\n\n"@modelcontextprotocol/sdk@^1.0.0":\n  version "1.12.0"\n  resolved "x"\n', '1.12.0:3'],
  ['yarn.lock', '"@modelcontextprotocol/sdk@npm:^1.0.0":\n  version: 1.13.0\n  resolution: "x"\n', '1.13.0:1'],
  ['bun.lock', '{\n  "packages": {\n    "@modelcontextprotocol/sdk": ["@modelcontextprotocol/sdk@1.14.0", "", {}, "sha512-x"],\n  }\n}', '1.14.0:3'],
  [
    'uv.lock',
    'version = 1\n\n[[package]]\nname = "mcp"\nversion = "1.2.0"\nsource = { registry = "x" }\ndependencies = [\n    { name = "anyio" },\n]\n',
    '1.2.0:3',
  ],
  ['poetry.lock', '[[package]]\nname = "mcp"\nversion = "1.3.0"\n\n[package.dependencies]\nanyio = ">=4"\n', '1.3.0:1'],
  ['Cargo.lock', '[[package]]\nname = "rmcp"\nversion = "0.8.1"\ndependencies = [\n "serde",\n]\n', '0.8.1:1'],
  ['Pipfile.lock', '{\n  "default": {\n    "mcp": {\n      "version": "==1.4.0"\n    }\n  }\n}', '1.4.0:3'],
  ['composer.lock', '{\n  "packages": [\n    {\n      "name": "mcp/sdk",\n      "version": "v0.1.0"\n    }\n  ]\n}', '0.1.0:4'],
  ['Gemfile.lock', 'GEM\n  specs:\n    fast-mcp (1.5.0)\n', '1.5.0:3'],
  [
    'packages.lock.json',
    '{\n  "dependencies": {\n    "net9.0": {\n      "ModelContextProtocol": {\n        "resolved": "0.4.0"\n      }\n    }\n  }\n}',
    '0.4.0:4',
  ],
];

const MANIFESTS: readonly (readonly [file: string, text: string, found: readonly string[]])[] = [
  [
    'pyproject.toml',
    '[project]\nname = "a"\ndependencies = [\n  "mcp[cli]==1.2.0",\n  "fastmcp>=2; python_version > \'3.9\'",\n]\n',
    ['mcp 1.2.0:4', 'fastmcp :5'],
  ],
  ['pyproject.toml', '[tool.poetry.dependencies]\npython = "^3.12"\nmcp = { version = "1.3.0", extras = ["cli"] }\n', ['mcp 1.3.0:3']],
  ['requirements-dev.txt', '# mcp==9\nmcp==1.4.0  # pinned\nclick\nfastmcp>=2\n', ['mcp 1.4.0:2', 'fastmcp :4']],
  [
    'Cargo.toml',
    '[package]\nname = "a"\n[dependencies]\nrmcp = { version = "=0.8.1" }\n[dependencies.rust-mcp-sdk]\nversion = "1"\n',
    ['rust-mcp-sdk :5', 'rmcp 0.8.1:4'],
  ],
  ['build.gradle.kts', 'dependencies {\n  implementation("io.modelcontextprotocol.sdk:mcp:0.12.0")\n}\n', ['io.modelcontextprotocol.sdk:mcp 0.12.0:2']],
  ['Gemfile', "source 'x'\ngem 'fast-mcp', '1.5.0'\n", ['fast-mcp 1.5.0:2']],
  ['composer.json', '{\n  "require": {\n    "php-mcp/server": "3.0.0"\n  }\n}', ['php-mcp/server 3.0.0:3']],
  [
    'Package.swift',
    'dependencies: [\n  .package(url: "https://github.com/modelcontextprotocol/swift-sdk.git", from: "0.10.0")\n]\n',
    ['modelcontextprotocol/swift-sdk :2'],
  ],
];

describe('what is locked and needed', () => {
  test.each(LOCKS.map(([file, text, found]) => ({ file, text, found })))('$file says $found', ({ file, text, found }) => {
    const read = lockReader(file)?.(text) ?? [];
    expect(read.filter(({ name }) => /mcp|modelcontext/i.test(name)).map(({ version, line }) => `${version ?? ''}:${line}`)).toEqual([found]);
  });

  test.each(MANIFESTS.map(([file, text, found]) => ({ file, text, found })))('$file says $found', ({ file, text, found }) => {
    const read = manifestReader(file)?.(text).dependencies ?? [];
    expect(read.map(({ name, version, line }) => `${name} ${version ?? ''}:${line}`)).toEqual([...found]);
  });
});
