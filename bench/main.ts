import { writeFile } from 'node:fs/promises';
import { measureBackfill } from './backfill.js';
import { backfillReport } from './backfill-report.js';
import { type BenchServer, openBenchServer } from './database.js';
import { handlingFigures, handlingReport, idleReport, steadyReport } from './handling-report.js';
import { measureHandling } from './handling.js';
import { measureIdle } from './idle.js';
import { type Options, type Part, readOptions } from './options.js';
import { measureSteady } from './steady.js';
import { whole } from './table.js';
import { measureWebhooks } from './webhooks.js';
import { webhookFigures, webhookReport } from './webhooks-report.js';

type Measure = (server: BenchServer, options: Options) => Promise<{ figures: unknown; report: string }>;

const MEASURES: Readonly<Record<Part, Measure>> = {
  async webhooks(server, options) {
    const turns = await measureWebhooks(server, options, ({ contestant, connections, acknowledged, elapsedSeconds }) =>
      console.error(`  ${contestant} @${connections}: ${whole(acknowledged / elapsedSeconds)}/s`),
    );
    const figures = webhookFigures(turns);
    return { figures, report: webhookReport(figures, options) };
  },
  async handling(server, options) {
    const turns = await measureHandling(server, options, ({ contestant, events, seconds }) =>
      console.error(`  ${contestant}: ${whole(events / seconds)}/s`),
    );
    const figures = handlingFigures(turns);
    return { figures, report: handlingReport(figures, turns) };
  },
  async steady(server, options) {
    const figures = await measureSteady(server, options);
    return { figures, report: steadyReport(figures) };
  },
  async idle(server, { idlePairs }) {
    const figures = await measureIdle(server, idlePairs);
    return { figures, report: idleReport(figures) };
  },
  async backfill(server, options) {
    const figures = await measureBackfill(server, options, ({ facts, renewals, seconds }) =>
      console.error(`  ${whole(renewals)} renewals, facts ${facts}: ${whole(renewals / seconds)}/s`),
    );
    return { figures, report: backfillReport(figures) };
  },
};

const options = readOptions(process.argv.slice(2));
if (options === undefined) process.exit(0);

const all: Partial<Record<Part, unknown>> = {};
const server = await openBenchServer();
try {
  for (const part of options.parts) {
    const { figures, report } = await MEASURES[part](server, options);
    all[part] = figures;
    console.log(`\n${report}`);
  }
} finally {
  await server.stop();
}
if (options.json !== undefined) await writeFile(options.json, JSON.stringify(all, null, 2));
