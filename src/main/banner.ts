/** What a person needs who has just started the service: where it is, what was generated, and what to try. */
export function banner(url: string, generated: Readonly<Record<string, string>>): string {
  const rows = [['GraphQL', `${url}/graphql`], ['Webhook', `${url}/webhooks/stripe`], ...Object.entries(generated)];
  const width = Math.max(...rows.map(([label = '']) => label.length));
  return [
    `renewal-ledger is ready at ${url}`,
    '',
    ...rows.map(([label = '', value = '']) => `  ${label.padEnd(width)}  ${value}`),
    '',
    '  Try next, in another terminal:  npm run simulate',
    '',
    '',
  ].join('\n');
}
