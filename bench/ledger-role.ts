/** The ledger role alone: `ledger-role.ts HOME [strict]`; says `up` when it can be written to. */
import { runLedger } from '../src/roles/ledger.ts';

const [home = '', mode] = process.argv.slice(2);
const role = await runLedger({ home, strict: mode === 'strict' });
console.log('up');
await role.stopped;
