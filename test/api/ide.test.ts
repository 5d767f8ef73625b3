import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { serveGraphql, type GraphqlService } from '../support/graphql.js';

let db: TestDatabase;
let service: GraphqlService;

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

beforeAll(async () => {
  db = await openTestDatabase();
  service = await serveGraphql(db, { ide: true });
});
afterAll(async () => {
  await service.close();
  await db.close();
});

const open = (path = '/graphql') => fetch(`${service.url}${path}`, { headers: BROWSER });

describe('the IDE', () => {
  it('opens in a browser without a key', async () => {
    const page = await open();
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('<title>renewal-ledger</title>');
  });

  it('loads everything from this service, its workers too', async () => {
    const html = await (await open()).text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, address]) => String(address))
      .filter((address) => !address.startsWith('data:'));
    expect(addresses).toEqual(['graphql/ide/app.css', 'graphql/ide/app.js']);
    const workers = ['editorWorkerService', 'graphql', 'json'].map((label) => `graphql/ide/${label}.js`);
    for (const address of [...addresses, ...workers]) {
      const asset = await open(`/${address}`);
      expect(asset.status, address).toBe(200);
      expect(asset.headers.get('content-type')).toContain(address.endsWith('.css') ? 'text/css' : 'text/javascript');
      expect((await asset.text()).length).toBeGreaterThan(100_000);
    }
  });

  it('is kept by the browser from loading anything from elsewhere, or sending anything there', async () => {
    const policy = (await open()).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    for (const directive of policy.split('; '))
      expect(directive).toMatch(/^[a-z-]+ '(self|none)'( 'unsafe-inline'| data:)?$/);
  });

  it('has no other files', async () => {
    for (const path of ['/graphql/ide/package.json', '/graphql/ide/..%2f..%2fpackage.json'])
      expect((await open(path)).status).toBe(404);
  });

  it('leaves GraphQL by GET and POST as it is', async () => {
    expect(await service.ask('{ __typename }')).toMatchObject({ status: 200 });
    expect(await service.request('/graphql?query={__typename}')).toMatchObject({ status: 401 });
  });

  it('is not there where it is switched off', async () => {
    const without = await serveGraphql(db);
    expect(await without.request('/graphql', { headers: BROWSER })).toMatchObject({ status: 401 });
    expect((await fetch(`${without.url}/graphql/ide/app.js`)).status).toBe(404);
    await without.close();
  });
});
