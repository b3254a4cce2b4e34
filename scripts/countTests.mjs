// Prints the counts of a Vitest JSON report on one line; the exit status tells whether all is well.

import { readFileSync } from 'node:fs';

let report;
try {
  report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
} catch (error) {
  console.error(`The tests left no readable report: ${error.message}`);
  console.log('Tests: 0 passed, 1 failed');
  process.exit(1);
}
const { numPassedTests: passed, numFailedTests, testResults, success } = report;
// A file that cannot even be loaded has no test to count, yet something failed.
const unloadable = testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
const failed = numFailedTests + unloadable.length;
console.log(`Tests: ${passed} passed, ${failed} failed`);
process.exit(success && failed === 0 ? 0 : 1);
