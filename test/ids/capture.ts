import type { Conversation } from './relay.ts';

/** A conversation, and between which addresses a sensor would have seen it. */
export interface Flow {
  readonly client: string;
  readonly server: string;
  readonly port: number;
  readonly conversation: Conversation;
}

const SEGMENT = 1400;
const [FIN, SYN, PSH, ACK] = [0x01, 0x02, 0x08, 0x10];

/** A capture (pcap, raw IPv4) in which real bytes of real conversations travel in TCP as it is seen on a wire. */
export function captureOf(flows: readonly Flow[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(101, 20);
  let at = 0;
  const packets = flows.flatMap((flow, index) => packetsOf(flow, 20_000 + index)).map((packet) => {
    const before = Buffer.alloc(16);
    at += 1;
    before.writeUInt32LE(1_763_900_000 + Math.floor(at / 10_000), 0);
    before.writeUInt32LE((at % 10_000) * 100, 4);
    before.writeUInt32LE(packet.length, 8);
    before.writeUInt32LE(packet.length, 12);
    return Buffer.concat([before, packet]);
  });
  return Buffer.concat([header, ...packets]);
}

function packetsOf({ client, server, port, conversation }: Flow, clientPort: number): readonly Buffer[] {
  const next = { client: 1000, server: 5000 };
  const packets: Buffer[] = [];
  const say = (from: 'client' | 'server', flags: number, bytes: Buffer = Buffer.alloc(0)): void => {
    const to = from === 'client' ? 'server' : 'client';
    const [source, target] = from === 'client' ? [client, server] : [server, client];
    const [sourcePort, targetPort] = from === 'client' ? [clientPort, port] : [port, clientPort];
    const first = flags === SYN;
    packets.push(packetOf({ source, target, sourcePort, targetPort, sequence: next[from], acknowledged: first ? 0 : next[to], flags, bytes }));
    next[from] += bytes.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
  };
  say('client', SYN);
  say('server', SYN | ACK);
  say('client', ACK);
  for (const { from, bytes } of conversation) {
    for (let at = 0; at < bytes.length; at += SEGMENT) say(from, PSH | ACK, bytes.subarray(at, at + SEGMENT));
    say(from === 'client' ? 'server' : 'client', ACK);
  }
  say('client', FIN | ACK);
  say('server', FIN | ACK);
  say('client', ACK);
  return packets;
}

interface Packet {
  readonly source: string;
  readonly target: string;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  readonly bytes: Buffer;
}

/** IPv4 and TCP without options; sums of the bytes are left out, and sensors told not to look at them. */
function packetOf({ source, target, sourcePort, targetPort, sequence, acknowledged, flags, bytes }: Packet): Buffer {
  const packet = Buffer.alloc(40 + bytes.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = 6;
  packet.set(source.split('.').map(Number), 12);
  packet.set(target.split('.').map(Number), 16);
  packet.writeUInt16BE(sourcePort, 20);
  packet.writeUInt16BE(targetPort, 22);
  packet.writeUInt32BE(sequence, 24);
  packet.writeUInt32BE(acknowledged, 28);
  packet[32] = 0x50;
  packet[33] = flags;
  packet.writeUInt16BE(65_535, 34);
  bytes.copy(packet, 40);
  return packet;
}
