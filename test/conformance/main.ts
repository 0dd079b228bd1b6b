// npm run conformance -- DIR...: checks the cases in some folders and prints a line for each; exits 1 when one fails. `--form FORM` writes
// every 3x3 convolution in that form: 2, 4 or 6, a tile's side; phases for doubled pictures. `--pieces` runs autoencoders in pieces.
import { parseArgs } from 'node:util';
import type { ConvolutionRule, Form } from '../../models/onnx/convolution/form.ts';
import { kinds } from './kinds.ts';
import { outcomeLine, tallyLine, walk } from './walk.ts';

const { positionals: folders, values } = parseArgs({
  allowPositionals: true,
  options: { form: { type: 'string' }, pieces: { type: 'boolean', default: false } },
});

const ruleOf = (form: string | undefined): ConvolutionRule | undefined => {
  if (form === undefined) return undefined;
  if (form === 'phases') return ({ doubled }) => (doubled ? 'phases' : 'direct');
  return () => Number(form) as Form;
};

if (folders.length === 0) {
  process.stderr.write('usage: npm run conformance -- DIR...\n');
  process.exitCode = 2;
} else {
  try {
    const how = { convolution: ruleOf(values.form), pieces: values.pieces };
    const tally = await walk(folders, kinds, outcome => process.stdout.write(`${outcomeLine(outcome)}\n`), how);
    process.stdout.write(`${tallyLine(tally)}\n`);
    process.exitCode = tally.failed > 0 || tally.passed + tally.skipped === 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
