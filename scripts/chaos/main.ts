// npm run chaos -- --minutes 30 [--seed N] [--trial N]
// Random faults, seeded: a job is disturbed, then given again in a whole world.
// It has to give the undisturbed result, and leave nothing else.
//   wrong  a run that ends with 0 and a result that differs, or a file under the output's name after a run that failed
//   lost   the same command, given again, that does not end with 0 and the undisturbed result; or temporary files that stay
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULTS, type Happened } from './faults.ts';
import { JOBS, type Job, type JobName, layOut, leftovers, resultOf, start } from './job.ts';
import { randomOf } from './random.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    trial: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const only = values.trial === undefined ? undefined : Number(values.trial);
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('usage: npm run chaos -- --minutes 30 [--seed 1] [--trial 17] [--keep]');

const root = mkdtempSync(join(tmpdir(), 'chaos-'));

const makeClip = (name: string, filter: string): string => {
  const file = join(root, name);
  const inputs = ['-f', 'lavfi', '-i', 'testsrc2=size=160x96:rate=10:duration=2', '-f', 'lavfi', '-i', 'sine=440:duration=2'];
  execFileSync('ffmpeg', [
    '-v',
    'error',
    ...inputs,
    '-vf',
    filter,
    '-c:v',
    'libx264',
    '-g',
    '5',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    file,
  ]);
  return file;
};

const clip = makeClip('clip.mp4', 'null');
const other = makeClip('other.mp4', 'negate');

/** The undisturbed result of each job, and how long it takes, milliseconds. */
const calm = new Map<JobName, { result: string; length: number }>();
for (const name of JOBS) {
  const job = layOut(name, join(root, `calm-${name}`), clip);
  const begin = performance.now();
  const { code, text } = await start(job, job.args()).ended;
  const result = resultOf(job.output);
  if (code !== 0 || result === undefined) throw new Error(`the undisturbed job ${name} fails (${code}): ${text}`);
  calm.set(name, { result, length: performance.now() - begin });
}

/** What is wrong after a fault, and after the same command given once more. */
const judge = async (job: Job, expected: string, { runs }: Happened): Promise<{ wrong: string[]; lost: string[] }> => {
  const wrong: string[] = [];
  const lost: string[] = [];
  const partly = job.name === 'keyframes'; // key frames of an interrupted run stay, whole ones
  for (const { ended, output } of runs) {
    const result = resultOf(output);
    if (ended.code === 0 && result !== expected)
      wrong.push(`exit 0 and ${result === undefined ? 'no result' : 'another result'}: ${output}`);
    if (ended.code !== 0 && !partly && result !== undefined && result !== expected)
      wrong.push(`exit ${ended.code} and a file under ${output}`);
    if (/unexpected error/.test(ended.text)) wrong.push(ended.text.trim().split('\n').at(-1)!);
  }
  if (resultOf(job.output) !== expected || partly) {
    const { code, text } = await start(job, [...job.args(), ...(partly ? ['-y'] : [])]).ended;
    if (code !== 0) lost.push(`given again it ends with ${code}: ${text.trim().split('\n').at(-1)}`);
    else if (resultOf(job.output) !== expected) wrong.push('given again it gives another result');
  }
  const left = leftovers(job);
  if (left.length > 0) {
    const output = `${job.output}-sweep${job.name === 'keyframes' ? '' : '.mp4'}`;
    await start(job, [...job.args({ output })]).ended; // the next run cleans up
    const still = leftovers(job);
    if (still.length > 0) lost.push(`left for good: ${still.join(', ')}`);
  }
  return { wrong, lost };
};

const tally = new Map(Object.keys(FAULTS).map(name => [name, { tried: 0, lost: 0, wrong: 0 }]));
const until = performance.now() + minutes * 60_000;
let failed = 0;
for (let trial = only ?? 0; only === undefined ? performance.now() < until : trial === only; trial++) {
  const random = randomOf(seed * 1_000_003 + trial);
  const name = random.pick(JOBS);
  const fault = random.pick(Object.keys(FAULTS));
  const folder = join(root, String(trial));
  mkdirSync(folder);
  const job = layOut(name, folder, clip);
  const { result, length } = calm.get(name)!;
  const happened = await FAULTS[fault]!({ job, other, random, length });
  const { wrong, lost } = await judge(job, result, happened);
  const row = tally.get(fault)!;
  row.tried++;
  row.lost += Math.min(1, lost.length);
  row.wrong += Math.min(1, wrong.length);
  const ends = happened.runs.map(({ ended }) => ended.signal ?? ended.code).join(', ');
  console.log(`${trial}  ${name}, ${fault}: ${happened.what} -> ${ends}${[...wrong, ...lost].map(text => `\n    WRONG ${text}`).join('')}`);
  if (wrong.length + lost.length > 0) failed++;
  if (wrong.length + lost.length === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
}

console.log('\nfault            tried   lost  wrong');
for (const [name, { tried, lost, wrong }] of tally) {
  console.log(`${name.padEnd(15)} ${String(tried).padStart(6)} ${String(lost).padStart(6)} ${String(wrong).padStart(6)}`);
}
const sum = (key: 'tried' | 'lost' | 'wrong'): number => [...tally.values()].reduce((total, row) => total + row[key], 0);
console.log(`\n${sum('tried')} faults, ${sum('lost')} lost, ${sum('wrong')} wrong (seed ${seed})`);
if (failed === 0 && !values.keep) rmSync(root, { recursive: true, force: true });
else console.log(`kept: ${root}`);
process.exitCode = failed === 0 ? 0 : 1;
