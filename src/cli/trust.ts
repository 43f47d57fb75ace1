import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { show } from './command.ts';
import { homeFolder } from './home.ts';

export const command: Command = {
  name: 'trust',
  summary: 'Shows the local CA and how this machine\'s programs come to trust it',
  usage: 'trust',
  async run(args, io) {
    const options = readArguments(command, args);
    const file = join(homeFolder(io.env, options.home), 'ca', 'ca.pem');
    if (!existsSync(file)) throw new SallyportError('ERR_NOT_RUNNING', 'there is no local CA yet', { remedy: 'It is made at the first `sallyport up`.' });
    show(io, options.json, { certificate: file }, () => `The local CA is ${file}. It signs the gate's own certificate and nothing else.

Node and the MCP clients built on it   export NODE_EXTRA_CA_CERTS=${file}
curl                                   curl --cacert ${file} …
Debian, Ubuntu                         sudo cp ${file} /usr/local/share/ca-certificates/sallyport.crt && sudo update-ca-certificates
macOS                                  sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain ${file}
No change to the machine at all        sallyport connect <server>   (a local command that clients start; it trusts this CA by itself)
`);
    return 0;
  },
};
