import type { Socket } from 'node:net';
import { LIMITS } from '../domain/limits.ts';

const NEWLINE = 0x0a;

/** Reads one line and leaves the socket paused with what came after it; `undefined`: there was none within bounds. Answers once. */
export function readFirstLine(socket: Socket, answer: (line: string | undefined, rest: Uint8Array) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const settle = (line: string | undefined, rest: Uint8Array): void => {
    socket.off('data', onData).off('close', onClose).off('end', onClose);
    socket.pause();
    answer(line, rest);
  };
  const onData = (chunk: Uint8Array): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf(NEWLINE);
    if (end > LIMITS.egressPrefaceBytesMax || (end < 0 && bytes.length > LIMITS.egressPrefaceBytesMax)) settle(undefined, Buffer.alloc(0));
    else if (end >= 0) settle(bytes.subarray(0, end).toString('utf8'), bytes.subarray(end + 1));
  };
  const onClose = (): void => settle(undefined, Buffer.alloc(0));
  socket.on('data', onData).once('close', onClose).once('end', onClose);
  socket.resume();
}

/** Gives every line until the socket ends; one that is too long ends it. */
export function readLines(socket: Socket, first: Uint8Array, onLine: (line: string) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const onData = (chunk: Uint8Array): void => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let end = bytes.indexOf(NEWLINE); end >= 0 && !socket.destroyed; end = bytes.indexOf(NEWLINE)) {
      onLine(bytes.subarray(0, end).toString('utf8'));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > LIMITS.egressPrefaceBytesMax) socket.destroy();
  };
  socket.on('data', onData).once('end', () => void socket.destroy());
  onData(first);
  socket.resume();
}
