import { dirname, relative, resolve, sep } from 'node:path';

/** Modules that know nothing of the service: every part of src may import them. */
const shared = [
  'errors',
  'log',
  'clock',
  'database/transaction',
  'database/array-parameter',
  'database/bulk',
  'database/prepared-statement',
  'database/query-in-time',
  'database/repeated-statements',
  'database/silent-connections',
  'database/sql-errors',
];

/**
 * The parts of src, which of the others each may import, and why no more. A part is a folder or a file directly in src;
 * `packages` are those that it must not import either. docs/architecture.md draws the same picture.
 */
export const directions = {
  main: {
    may: ['access', 'cli', 'config', 'database', 'service'],
    because: 'it only starts and stops what service composes',
  },
  service: { may: 'everything', because: 'it composes the parts, for main and for tests' },
  app: {
    may: ['access', 'backfill', 'config', 'events', 'handlers', 'http', 'schema'],
    because: 'it only puts HTTP together',
  },
  http: { may: ['access', 'events'], because: 'routes know no rules' },
  cli: {
    may: [
      'access',
      'app',
      'backfill',
      'config',
      'database',
      'entities',
      'events',
      'handlers',
      'ledger',
      'main',
      'schema',
      'stripe',
      'transfer',
    ],
    because: 'a command calls what the service calls, and holds no rules of its own',
  },
  schema: {
    may: ['access', 'backfill', 'entities', 'events', 'ledger'],
    because: 'resolvers are thin: they read entities, and call the ledger, replay and backfill',
  },
  backfill: {
    may: ['entities', 'events', 'ledger', 'stripe'],
    because: "it fills gaps by the ledger's rules, for no caller in particular",
  },
  transfer: {
    may: ['entities', 'events', 'ledger'],
    because: "it carries records in and out by the ledger's rules; what reads their facts is passed in",
  },
  handlers: {
    may: ['entities', 'ledger', 'stripe'],
    because: 'a handler is called by dispatch and does not know it',
  },
  events: {
    may: ['entities'],
    because: 'the pipeline carries events for any handler: the handler map, and what records facts, are passed in',
    packages: ['@apollo/server', 'graphql', 'type-graphql'],
  },
  ledger: {
    may: ['entities'],
    because: 'the heart knows no HTTP, no GraphQL and no queue: announcing and waking are passed in',
    packages: ['@apollo/server', 'fastify', 'graphql', 'pg-boss', 'type-graphql'],
  },
  stripe: { may: [], because: 'it only speaks to Stripe' },
  access: { may: ['entities'], because: 'it only knows keys' },
  database: {
    may: ['config', 'entities', 'migrations'],
    because: 'it opens the database and knows nothing of what is done with it',
  },
  entities: { may: [], because: 'everything stands on them' },
  migrations: {
    may: [],
    because: 'a migration that has run must not change when other code does',
  },
  config: { may: [], because: 'it only reads the environment' },
  errors: { may: [], because: 'every part may import it' },
  log: { may: ['config'], because: 'every part may import it' },
  clock: { may: [], because: 'every part may import it' },
};

/** Reports every import, of types too, that goes against `directions`, or between src and sdk other than by the SDK's name. */
export const importDirections = {
  create(context) {
    const from = placeOf(context.cwd, context.filename);
    const check = (source) => {
      if (typeof source?.value !== 'string') return;
      const message = source.value.startsWith('.')
        ? problemOf(from, placeOf(context.cwd, resolve(dirname(context.filename), source.value)))
        : problemOfPackage(from, source.value);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
    };
  },
};

function problemOf(from, to) {
  if (from.tree === 'sdk' && to.tree !== 'sdk')
    return 'sdk imports nothing of the service: it is published on its own.';
  if (from.tree === 'src' && to.tree === 'sdk')
    return 'Import the SDK by its name, @renewal-ledger/sdk, as its other users do.';
  if (from.tree !== 'src' || to.tree !== 'src' || from.part === to.part) return undefined;
  if (shared.includes(to.module)) return undefined;
  const direction = directions[from.part];
  if (direction === undefined)
    return `${from.part} is not in lint/import-directions.js: say there what it may import, and why.`;
  if (direction.may === 'everything' || direction.may.includes(to.part)) return undefined;
  const allowed = [...direction.may, ...shared].join(', ');
  return `${from.part} must not import ${to.part}: ${direction.because}. It may import ${allowed}.`;
}

function problemOfPackage(from, specifier) {
  const direction = from.tree === 'src' ? directions[from.part] : undefined;
  const name = direction?.packages?.find((one) => specifier === one || specifier.startsWith(`${one}/`));
  return name === undefined ? undefined : `${from.part} must not import ${name}: ${direction.because}.`;
}

/** `src/events/jobs.ts` -> tree src, part events, module events/jobs. */
function placeOf(root, filename) {
  const [tree, ...rest] = relative(root, filename)
    .replace(/\.[cm]?[jt]s$/, '')
    .split(sep);
  return { tree, part: rest[0] ?? '', module: rest.join('/') };
}
