import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { eraOf, REVISIONS, type Revision } from '../../domain/message.ts';

/** What a message without `MCP-Protocol-Version` is written in (2025-06-18 and 2025-11-25, transports). */
export const assumedRevision: Revision = '2025-03-26';

export function isRevision(version: unknown): version is Revision {
  return (REVISIONS as readonly unknown[]).includes(version);
}

/**
 * What an `initialize` is read by: the version it asks for, or the newest legacy one where we do not know that version;
 * client and server still negotiate. Throws ERR_PARAMS_INVALID.
 */
export function initializeRevision(requested: unknown): Revision {
  if (typeof requested !== 'string' || requested.length > LIMITS.methodLengthMax) {
    throw new SallyportError('ERR_PARAMS_INVALID', 'initialize needs params.protocolVersion');
  }
  return isRevision(requested) && eraOf(requested) === 'legacy' ? requested : '2025-11-25';
}
