import { writeFile } from 'node:fs/promises';
import { openBenchServer } from './database.js';
import { readOptions } from './options.js';
import { whole } from './table.js';
import { measureWebhooks } from './webhooks.js';
import { webhookFigures, webhookReport } from './webhooks-report.js';

const options = readOptions(process.argv.slice(2));
if (options === undefined) process.exit(0);

const figures: Record<string, unknown> = {};
const server = await openBenchServer();
try {
  if (options.parts.includes('webhooks')) {
    const turns = await measureWebhooks(server, options, ({ contestant, connections, acknowledged, elapsedSeconds }) =>
      console.error(`  ${contestant} @${connections}: ${whole(acknowledged / elapsedSeconds)}/s`),
    );
    figures['webhooks'] = webhookFigures(turns);
    console.log(webhookReport(webhookFigures(turns), options));
  }
} finally {
  await server.stop();
}
if (options.json !== undefined) await writeFile(options.json, JSON.stringify(figures, null, 2));
