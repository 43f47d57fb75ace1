import { z } from 'zod';
import { ERROR_CODES } from '../domain/errors.ts';
import type { Route } from './route.ts';

const ERROR = z.object({ code: z.enum(ERROR_CODES), message: z.string(), remedy: z.string() });

const TYPES = { whole: 'application/json', lines: 'application/x-ndjson', events: 'text/event-stream' } as const;

/** The OpenAPI 3.1 document of the route table: written from what is enforced, so the two cannot disagree. */
export function describeApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Sallyport control API', version: '1' },
    servers: [{ url: '/api/v1' }],
    security: [{ admin: [] }],
    paths,
    components: { securitySchemes: { admin: { type: 'http', scheme: 'bearer' } }, schemas: { Error: schemaOf(ERROR) } },
  };
}

function describeRoute(route: Route): object {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries(route.query.shape).map(([name, schema]) => ({
    name, in: 'query', required: !z.safeParse(schema, undefined).success, schema: schemaOf(schema),
  }));
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[/:-]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    parameters: [...inPath, ...inQuery],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } } }),
    responses: {
      200: {
        description: 'Done',
        content: {
          [TYPES[route.streams || 'whole']]: route.answer === undefined ? {} : { schema: schemaOf(route.answer, 'output') },
        },
      },
      default: { description: 'Refused', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  };
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output' = 'input'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', io });
  return rest;
}
