import { importDirections } from './import-directions.js';
import { oneClock } from './one-clock.js';

/** This repository's own lint rules, loaded by .oxlintrc.json. */
export default {
  meta: { name: 'ledger' },
  rules: { 'import-directions': importDirections, 'one-clock': oneClock },
};
