import { expect, it } from 'vitest';
import { tooOldNode } from '../../src/main/node-version.js';

it.each(['v22.18.0', 'v22.20.1', 'v24.21.0', 'v26.0.0'])('Node %s will do', (version) => {
  expect(tooOldNode(version)).toBeUndefined();
});

it.each(['v18.20.0', 'v20.20.2', 'v22.17.9'])('Node %s is too old, and one sentence says what to do', (version) => {
  expect(tooOldNode(version)).toMatch(new RegExp(`22\\.18 or newer.*this is ${version}.*npm start`));
});
