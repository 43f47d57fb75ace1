import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoFolder, runDemo } from '../../demo/demo.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const command: Command = {
  name: 'demo',
  summary: 'Everything on embedded defaults: real servers, a scripted agent, what the gate lets through and what not',
  usage: 'demo [--once]',
  async run(args, io) {
    const options = readArguments(command, args, { once: { type: 'boolean' } });
    const home = options.home ?? mkdtempSync(join(tmpdir(), 'sallyport-'));
    try {
      return await runDemo({ home, once: options.flag('once'), io });
    } finally {
      if (options.home === undefined) for (const one of [home, demoFolder(home)]) rmSync(one, { recursive: true, force: true });
    }
  },
};
