import { openEmbeddedPostgres } from '../../src/database/embedded-postgres.js';

// A process that holds a data directory until it is killed, and says so in one line. Whoever reads that may end it at once.
const server = await openEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });
process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ url: server.url(), adopted: server.adopted })}\n`);
setInterval(() => undefined, 60_000);
