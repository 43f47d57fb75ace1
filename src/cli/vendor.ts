import { accepted, attested, disclosed, linked, noted, refused, unlinked } from './vendor/disclose.ts';
import { added, removed } from './vendor/declare.ts';
import { forbid, permissions, permit } from './vendor/permission.ts';
import { probe } from './vendor/probe.ts';
import { candidates, listed, recomputed, reported, schema, shown } from './vendor/show.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('vendor', 'Vendors that host MCP for us: what they disclose, how they score, what may be sent to them', {
  list: listed, show: shown, candidates, add: added, remove: removed, schema, link: linked, unlink: unlinked, disclose: disclosed, accept: accepted,
  refuse: refused, attest: attested, event: noted, report: reported, recompute: recomputed, permit, permissions, forbid, probe,
});
