// Adds up what scripts/test.sh left in a folder, and prints the line that ends `npm test`.
//   node scripts/test-summary.mjs FOLDER       exit code 1 when anything failed or nothing ran
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';

const LINES_OF_A_MESSAGE = 40;

const [folder] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
let ran = 0;
const notes = [];

/** A step without a report of its own is one test; a test runner that failed without a failed test is one failure. */
function addStep(name) {
  const code = Number(readFileSync(join(folder, `${name}.exit`), 'utf8'));
  const report = join(folder, `${name}.json`);
  if (!existsSync(report)) {
    total[code === 0 ? 'passed' : 'failed'] += 1;
    if (code !== 0) notes.push(`${name} failed with exit code ${code}`);
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  ran += numPassedTests + numFailedTests;
  total.passed += numPassedTests;
  total.failed += numFailedTests;
  total.skipped += numPendingTests + numTodoTests;
  if (numFailedTests > 0) notes.push(`${name}: ${numFailedTests} failed`, ...testResults.flatMap(failedTests));
  if (code !== 0 && numFailedTests === 0) {
    total.failed += 1;
    notes.push(`${name}: the test runner failed with exit code ${code}, see its output above`);
  }
}

/** The failed tests of one file, each with its message: where only the end of the output is kept, this is all there is. */
function failedTests({ name, assertionResults }) {
  return assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => {
      const lines = failureMessages
        .join('\n')
        .split('\n')
        .filter((line) => !line.includes('/node_modules/'));
      return [`  ${relative('.', name)}: ${fullName}`, ...lines.slice(0, LINES_OF_A_MESSAGE)].join('\n      ');
    });
}

for (const file of readdirSync(folder)) {
  const name = file.replace(/\.[^.]*$/, '');
  if (file.endsWith('.exit')) addStep(name);
  if (file.endsWith('.absent')) {
    total[process.env.CI === 'true' ? 'failed' : 'skipped'] += 1;
    notes.push(`${name} tests did not run: ${readFileSync(join(folder, file), 'utf8').trim()}`);
  }
}

if (ran === 0) {
  total.failed += 1;
  notes.push('no test ran at all');
}
for (const note of notes) console.log(note);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
