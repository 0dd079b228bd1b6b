// Guards speed: counted work, and ratios of times in one run.
//   npm run bench                              prints both
//   npm run bench -- --json before.json        writes them, too
//   npm run bench -- --against before.json     compares: exit code 1 where counted work grew, or a ratio by a fifth
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compare, type Measurement, verdict } from './guard/compare.ts';
import { measure } from './guard/measure.ts';

const { values } = parseArgs({ options: { json: { type: 'string' }, against: { type: 'string' } } });
const before = values.against === undefined ? undefined : (JSON.parse(readFileSync(values.against, 'utf8')) as Measurement);
const onStep = (what: string): void => void process.stderr.write(`bench: ${what}\n`);
const now = await measure('examples/lakeside.mp4', new AbortController().signal, onStep);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(now, undefined, 2)}\n`);
const show = (value: number | undefined, absent: string): string =>
  value === undefined ? absent : Number.isInteger(value) ? value.toLocaleString('en') : value.toPrecision(3);
const rows = compare(now, before ?? now);
for (const { name, before: past, now: value, worse } of rows) {
  const then = before ? `${show(past, 'new').padStart(18)} -> ` : '';
  console.log(`${worse ? '!' : ' '} ${name.padEnd(52)} ${then}${show(value, 'gone').padStart(18)}`);
}
if (before) console.log(verdict(rows));
if (rows.some(({ worse }) => worse)) process.exitCode = 1;
