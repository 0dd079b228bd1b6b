// npm run fuzz -- [--minutes N] [--seed N] [--only TARGET] [--input N]
import { parseArgs } from 'node:util';
import { type Job, type Report, reportLines, runJobs } from './run.ts';
import { TARGETS } from './targets/all.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string' }, only: { type: 'string' }, input: { type: 'string' } },
});
const targets = TARGETS.filter(({ name }) => values.only === undefined || name === values.only);
if (targets.length === 0) {
  console.error(`--only takes one of ${TARGETS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);

const jobsOf = (round: number): Job[] =>
  targets.map(({ name, inputs }) => ({ target: name, from: inputs * round, to: inputs * (round + 1) }));

let report: Report = { inputs: 0, faults: [] };
if (values.input !== undefined)
  report = await runJobs(seed, [{ target: targets[0]!.name, from: Number(values.input), to: Number(values.input) + 1 }]);
else {
  const time = AbortSignal.timeout(60_000 * Number(values.minutes));
  for (let round = 0; !time.aborted; round++) {
    const { inputs, faults } = await runJobs(seed, jobsOf(round), time);
    report = { inputs: report.inputs + inputs, faults: [...report.faults, ...faults] };
    console.log(`round ${round}: ${reportLines(seed, report).at(-1)}`);
  }
}
console.log(reportLines(seed, report).join('\n'));
process.exit(report.faults.length > 0 ? 1 : 0);
