import { compile, isCompiled } from './compile.js';

/** What `npm start` does: one process that compiles where the sources have changed, and then is the service. */
if (!isCompiled()) {
  console.log('Building…');
  const code = compile({ checked: false });
  if (code !== 0) process.exit(code);
}
await import('../dist/main.js');
