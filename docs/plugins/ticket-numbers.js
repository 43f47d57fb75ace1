/*
 * A plug-in for Sallyport: the company's ticket numbers in what is sent. One file, no imports of its own; docs/inspection.md has the
 * contract. It is told of one part of a message, as plain data, and says what it found and where.
 */

const TICKET = /\bACME-[1-9]\d{2,6}\b/;

export function detect({ json, at }) {
  const places = [];
  const visit = (value, pointer) => {
    if (typeof value === 'string') {
      if (TICKET.test(value)) places.push(pointer);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) visit(item, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  };
  visit(json, at);
  if (places.length === 0) return [];
  return [{ severity: 'low', at: places.slice(0, 32), seen: 'ticket-number', labels: { confidentiality: 'internal' } }];
}
