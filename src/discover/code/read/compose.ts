import { clueOfCommand, clueOfImage, clueOfUrl } from '../clue.ts';
import type { CodeLook, Clue } from '../clue.ts';
import { at, readYaml, wordsAt } from './yaml.ts';
import type { Placed } from './yaml.ts';

const SERVER_LABEL = 'io.modelcontextprotocol.server.name';

/** The servers of a compose file: by image, command and label, with where they are published. */
export function readCompose(text: string, look: CodeLook): readonly Clue[] {
  return readYaml(text).flatMap((document) => [...(at(document, 'services')?.members ?? [])]).flatMap(([name, service]) => {
    const image = at(service, 'image');
    const declared = at(service, 'labels', SERVER_LABEL)?.text ?? at(service, 'labels')?.items?.map(labelOf).find((each) => each !== undefined);
    const words = [...wordsAt(at(service, 'entrypoint')), ...wordsAt(at(service, 'command'))];
    const byImage = image?.text === undefined ? undefined : clueOfImage(image.text, image.line, 'an image of a composition');
    const found = clueOfCommand(words, service.line, look) ?? byImage ?? ofLabel(declared, image ?? service) ?? gatewayOf(image, words, look);
    if (found === undefined) return [];
    const isWide = (at(service, 'ports')?.items ?? []).some(isPublishedWide);
    return [{
      ...found, name: declared ?? name, confidence: declared === undefined ? found.confidence : 95,
      risks: [...found.risks, ...(isWide ? ['wide-bind' as const] : [])],
    }];
  });
}

function labelOf({ text }: Placed): string | undefined {
  return text?.startsWith(`${SERVER_LABEL}=`) === true ? text.slice(SERVER_LABEL.length + 1) : undefined;
}

function ofLabel(declared: string | undefined, { line, text }: Placed): Clue | undefined {
  if (declared === undefined) return undefined;
  const image = text ?? '';
  const runs = image === '' ? undefined : { kind: 'package' as const, ecosystem: 'oci' as const, name: image.replace(/:[^/:]+$/, '') };
  const facts = { by: 'the label of its image' };
  return { line, sensor: 'code', kind: 'server', name: declared, confidence: 95, risks: [], facts, ...(runs !== undefined && { runs }) };
}

/** A gateway of others, given a server by its address. */
function gatewayOf(image: Placed | undefined, words: readonly string[], look: CodeLook): Clue | undefined {
  const url = words.find((word) => /^https?:\/\//.test(word));
  return image?.text?.includes('mcp') === true && url !== undefined ? clueOfUrl(url, image.line, 70, 'an address given to a gateway', look) : undefined;
}

/** `8000:8000` is published on every address; `127.0.0.1:8000:8000` on one. */
function isPublishedWide({ text, members }: Placed): boolean {
  if (text !== undefined) return /^\d+(?:-\d+)?:\d/.test(text) || text.startsWith('0.0.0.0:');
  const [published, host] = [members?.get('published')?.text, members?.get('host_ip')?.text];
  return published !== undefined && (host === undefined || host === '0.0.0.0');
}
