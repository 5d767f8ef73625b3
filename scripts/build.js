import { compile } from './compile.js';

/** What `npm run build` does: everything anew that changed, with its types checked. */
process.exitCode = compile();
