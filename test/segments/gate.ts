import { startSecureGate } from '../fixtures/secure-gate.ts';

/** A whole gate in the namespace that it was started in: says where its state is, and stays until its input ends. */
const [manifest = '', policy = '', listen = ''] = process.argv.slice(2);
const gate = await startSecureGate(manifest, policy, listen);
process.stdout.write(`${JSON.stringify({ home: gate.home, url: gate.url })}\n`);
for await (const _ of process.stdin) continue;
await gate.stop();
gate.remove();
