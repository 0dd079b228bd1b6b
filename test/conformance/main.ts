// npm run conformance -- DIR...: checks the cases in some folders and prints a line for each; exits 1 when one fails.
import { kinds } from './kinds.ts';
import { outcomeLine, tallyLine, walk } from './walk.ts';

const folders = process.argv.slice(2);
if (folders.length === 0) {
  process.stderr.write('usage: npm run conformance -- DIR...\n');
  process.exitCode = 2;
} else {
  try {
    const tally = await walk(folders, kinds, outcome => process.stdout.write(`${outcomeLine(outcome)}\n`));
    process.stdout.write(`${tallyLine(tally)}\n`);
    process.exitCode = tally.failed > 0 || tally.passed + tally.skipped === 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
