/** The oldest Node that what we stand on takes. npm scripts and npx bring a newer one of their own along. */
const OLDEST = { major: 22, minor: 18 };

/** A sentence that says what to do, where this Node is too old; undefined where it will do. */
export function tooOldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return undefined;
  return (
    `renewal-ledger runs on Node ${OLDEST.major}.${OLDEST.minor} or newer, and this is ${version}. ` +
    'Start it with npm start or npx renewal-ledger: they use the Node that npm ci installed beside it.'
  );
}
