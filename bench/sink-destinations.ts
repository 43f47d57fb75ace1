/** Destinations that take everything: `sink-destinations.ts`; says where it listens. Answers as a webhook, as `_bulk`, as HEC does. */
const destinations = Bun.serve({
  hostname: '127.0.0.1', port: 0, idleTimeout: 0, maxRequestBodySize: 64 * 1024 * 1024,
  fetch: async (request) => {
    await request.arrayBuffer();
    const { pathname } = new URL(request.url);
    if (pathname.endsWith('/_bulk')) return Response.json({ errors: false });
    return pathname.endsWith('/ack') ? Response.json({ acks: { 0: true } }) : Response.json({ code: 0, ackId: 0 });
  },
});
console.log(destinations.url.origin);
