import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify';

const TITLE = 'renewal-ledger';
const ASSETS = 'graphql/ide';

/** Nothing comes from elsewhere and nothing goes elsewhere, whatever GraphiQL holds. Its editor writes styles of its own. */
const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `worker-src 'self'`,
  `style-src 'self' 'unsafe-inline'`,
  `font-src 'self' data:`,
  `img-src 'self' data:`,
  `connect-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${TITLE}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${ASSETS}/app.css">
</head>
<body class="no-focus-outline">
<noscript>This page needs JavaScript.</noscript>
<div id="root"></div>
<script src="${ASSETS}/app.js"></script>
</body>
</html>
`;

const QUERY = `# Put your API key into Headers, below,
# then have the schema fetched again (arrows, left).
{
  renewals(first: 10) {
    nodes { id state effectiveDate stripeInvoiceId }
  }
}
`;

const OPTIONS = {
  title: TITLE,
  defaultQuery: QUERY,
  defaultHeaders: '{"Authorization": "Bearer "}',
  headers: '{"Authorization": "Bearer "}',
};

/** Answers a browser that opens the address; whoever asks for JSON goes on. */
export const answerBrowsers: onRequestAsyncHookHandler = async (request, reply) => {
  if (request.method !== 'GET' || !(request.headers.accept ?? '').includes('text/html')) return undefined;
  return reply.header('content-security-policy', POLICY).type('text/html').send(PAGE);
};

/** What the page loads: GraphiQL, from a package of this service's own. Read when it is first asked for; it is large. */
export const ideAssets: FastifyPluginAsync = async (scope) => {
  const headers = {
    'cache-control': 'private, max-age=3600',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
  };
  scope.get<{ Params: { file: string } }>(`/${ASSETS}/:file`, async (request, reply) => {
    const text = (await readAssets()).get(request.params.file);
    if (text === undefined) return reply.code(404).send({ errors: [{ message: 'There is nothing here.' }] });
    const type = request.params.file.endsWith('.css') ? 'text/css' : 'text/javascript';
    return reply.headers(headers).type(type).send(text);
  });
};

async function readAssets(): Promise<ReadonlyMap<string, string>> {
  const { css, js, editorWorkerService, graphqlWorker, jsonWorker } =
    await import('@graphql-yoga/render-graphiql/graphiql');
  return new Map([
    ['app.css', css],
    ['app.js', `${ENVIRONMENT}\n${js}\n${START}\n`],
    ['editorWorkerService.js', editorWorkerService],
    ['graphql.js', graphqlWorker],
    ['json.js', jsonWorker],
  ]);
}

/** How the editor finds its workers, by their labels. */
const ENVIRONMENT = `self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_module, label) => '${ASSETS}/' + label + '.js' };`;

const START = `YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), { endpoint: location.pathname, ...${JSON.stringify(OPTIONS)} });`;
