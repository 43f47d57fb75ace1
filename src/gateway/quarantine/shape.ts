import { shapeOf } from '../../audit/shape.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';

const BLOCKS_MAX = 50;
const TYPES: ReadonlySet<string> = new Set(['text', 'image', 'audio', 'resource', 'resource_link']);

/** What an answer is made of, in words that its server could not choose: kinds and sizes, and properties of the pinned schema. */
export function shapeOfAnswer(result: JsonObject, outputSchema: Json | undefined): JsonObject {
  const { content, contents, messages, structuredContent, isError } = result;
  const blocks = [content, contents, messages].find(isArray);
  return {
    sizeBytes: Buffer.byteLength(JSON.stringify(result)),
    ...(blocks === undefined ? {} : { blocks: blocks.length, content: blocks.slice(0, BLOCKS_MAX).map(blockOf) }),
    ...(isObject(structuredContent) ? { structuredContent: shapeOf(structuredContent, outputSchema) } : {}),
    ...(isError === true ? { isError: true } : {}),
  };
}

function blockOf(block: Json): Json {
  if (!isObject(block)) return 'other';
  const { type, text } = block;
  const kind = typeof type === 'string' && TYPES.has(type) ? type : 'other';
  return typeof text === 'string' ? `${kind}(${text.length})` : kind;
}
