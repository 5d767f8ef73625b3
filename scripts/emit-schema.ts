import { readFileSync, writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createSchema } from '../src/schema/build-schema.js';

/** Writes schema.graphql; with --check, says whether it is what the code makes, and writes nothing. */
const file = new URL('../schema.graphql', import.meta.url);
const emitted = `${printSchema(lexicographicSortSchema(createSchema()))}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(file, emitted);
} else if (readFileSync(file, 'utf8') !== emitted) {
  process.stderr.write('schema.graphql is not what the code makes. Run npm run schema, and commit it.\n');
  process.exitCode = 1;
}
