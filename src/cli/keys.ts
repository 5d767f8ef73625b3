import { type Command, Option } from 'commander';
import { createApiKeys, type ApiKeys, type Caller } from '../access/api-keys.js';
import { ApiKeyScope } from '../entities/states.js';
import { type Json, JSON_OPTION } from './options.js';
import { createOutput, type Output } from './output.js';
import { withDatabase } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger keys create --name billing --scope write
  renewal-ledger keys list --json
  renewal-ledger keys revoke billing

Scopes: read may query, write may also change, admin may everything.`;

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke API keys').addHelpText('after', EXAMPLES);
  keys
    .command('create')
    .description('make a key and print it, this once')
    .requiredOption('--name <name>', 'who will use it; changes are recorded under this name')
    .addOption(
      new Option('--scope <scope>', 'what it may do').choices(Object.values(ApiKeyScope)).makeOptionMandatory(),
    )
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((options: Caller & Json) => run(options, (apiKeys, output) => create(apiKeys, output, options)));
  keys
    .command('list')
    .description('list the keys, revoked ones too')
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((options: Json) => run(options, list));
  keys
    .command('revoke')
    .description('end a key for good; it stops working within seconds')
    .argument('<name>')
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: Json) => run(options, (apiKeys, output) => revoke(apiKeys, output, name)));
}

function run({ json = false }: Json, work: (apiKeys: ApiKeys, output: Output) => Promise<void>): Promise<void> {
  return withDatabase((orm) => work(createApiKeys({ em: () => orm.em.fork() }), createOutput({ json })));
}

async function create(apiKeys: ApiKeys, output: Output, { name, scope }: Caller): Promise<void> {
  const key = await apiKeys.create({ name, scope });
  output.remark(`The key "${name}" (${scope}). It is shown this once: keep it now.`);
  output.result(key, { name, scope, key });
}

async function list(apiKeys: ApiKeys, output: Output): Promise<void> {
  const keys = await apiKeys.list();
  if (keys.length === 0)
    output.remark('There are no keys but the ADMIN_API_KEY. Make one: renewal-ledger keys create --help');
  output.rows(
    keys.map(({ name, scope, createdAt, revokedAt }) => ({
      name,
      scope,
      created: createdAt.toISOString(),
      revoked: revokedAt?.toISOString() ?? null,
    })),
  );
}

async function revoke(apiKeys: ApiKeys, output: Output, name: string): Promise<void> {
  await apiKeys.revoke(name);
  output.result(`Revoked "${name}".`, { name, revoked: true });
}
