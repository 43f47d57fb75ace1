import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const command: Command = {
  name: 'demo',
  summary: 'Everything on embedded defaults: real servers, a scripted agent, what the gate lets through and what not',
  usage: 'demo [--once]',
  async run(args, io) {
    const options = readArguments(command, args, { once: { type: 'boolean' } });
    // Its servers are packages that nothing else needs: a release has neither them nor it.
    if (!existsSync(join(import.meta.dir, '..', '..', 'demo', 'demo.ts'))) {
      throw new SallyportError('ERR_USAGE', 'releases hold no demo', { remedy: 'It is in the repository: npm ci, then npm start.' });
    }
    const [{ runDemo }, { demoFolder }] = await Promise.all([import('../../demo/demo.ts'), import('../../demo/stage.ts')]);
    const home = options.home ?? mkdtempSync(join(tmpdir(), 'sallyport-'));
    try {
      return await runDemo({ home, once: options.flag('once'), io });
    } finally {
      if (options.home === undefined) for (const one of [home, demoFolder(home)]) rmSync(one, { recursive: true, force: true });
    }
  },
};
