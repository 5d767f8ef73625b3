import { readFileSync } from 'node:fs';

/**
 * Prints `N passed, N failed` from vitest's JSON report. A file that could not even be loaded counts as one failed test, and so
 * does a run that wrote no report, because it was ended before it was through.
 */
const text = readFileSync(process.argv[2], 'utf8');
const report = JSON.parse(text || '{ "numPassedTests": 0, "numFailedTests": 1, "testResults": [] }');
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
if (text === '') console.log('The tests did not come to an end.');
console.log(`${report.numPassedTests} passed, ${report.numFailedTests + unloaded.length} failed`);
