/** What the bench tells a contestant; it ends when the bench asks it to. */
export function setUp(): { databaseUrl: string; secret: string } {
  process.on('SIGTERM', () => process.exit(0));
  const { DATABASE_URL: databaseUrl, WEBHOOK_SECRET: secret } = process.env;
  if (databaseUrl === undefined || secret === undefined) throw new Error('Run this by npm run bench.');
  return { databaseUrl, secret };
}
