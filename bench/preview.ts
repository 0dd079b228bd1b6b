// The speeds that the preview page has to hold, measured in a real browser with the embedded model at 384 x 256 on this machine.
//   npx tsx bench/preview.ts            (after npm run build; needs Chromium and an otherwise idle machine)
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageRoot } from '../config/paths.ts';
import { openClip, writeClip } from '../media/index.ts';
import { readPageFiles } from '../preview/http/page-files.ts';
import { openBrowser } from '../test/preview/browser.ts';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const ROUNDS = 5;

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const row = (what: string, value: number, unit: string, bound: number): void =>
  console.log(
    `${what.padEnd(62)} ${value.toFixed(value < 10 ? 2 : 0).padStart(7)} ${unit.padEnd(3)} of ${bound} ${value <= bound ? '' : '  MISSED'}`,
  );

/** The example clip at 384 x 256. */
const writeInput = async (folder: string): Promise<string> => {
  const clip = await openClip(join(packageRoot, 'examples', 'lakeside.mp4'));
  const path = join(folder, 'clip.mp4');
  await writeClip(path, await clip.read({ size: { width: 384, height: 256 }, range: { frames: [0, 39] } }));
  return path;
};

/** Notes in the page when a step's picture and a finished one come, and every long task. */
const WATCH = `
  window.marks = { step: [], picture: [], tasks: [] };
  const note = ({ duration, startTime }) => marks.tasks.push([duration, startTime]);
  new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type: 'longtask' });
  new MutationObserver(() => {
    const image = document.querySelector('.drawing');
    if (!image || image.src === window.lastSrc) return;
    window.lastSrc = image.src;
    marks[image.classList.contains('unfinished') ? 'step' : 'picture'].push(performance.now());
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['src', 'class'] });`;

type Marks = { readonly step: number[]; readonly picture: number[]; readonly tasks: [duration: number, start: number][] };

const folder = mkdtempSync(join(tmpdir(), 'rerender-bench-'));
const input = await writeInput(folder);
const browser = await openBrowser();
const begun = performance.now();
const child = spawn(process.execPath, [MAIN, 'preview', input, '--size', '256', '--no-open', '--work-dir', join(folder, 'store')], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
try {
  const url = await new Promise<string>(resolve => child.stdout.once('data', chunk => resolve(String(chunk).trim())));
  const page = await browser.newPage();
  await page.addInitScript(WATCH);
  const marks = (): Promise<Marks> => page.evaluate('marks');
  const until = async (test: (marks: Marks) => boolean): Promise<Marks> => {
    for (;;) {
      const now = await marks();
      if (test(now)) return now;
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  };
  await page.goto(url);
  await until(({ picture }) => picture.length > 0);
  row('first picture after the command', (performance.now() - begun) / 1000, 's', 6);

  const [toStep, toPicture, answers]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    await page.waitForSelector('.effect[data-mean]');
    await page.evaluate('Object.assign(marks, { step: [], picture: [] })');
    const moved = await page.evaluate<number>('performance.now()');
    await page.focus('text=Backbone b1');
    await page.keyboard.press('ArrowRight');
    await until(({ step }) => step.length > 0);
    answers.push(
      await page.evaluate<number>(
        '(async () => { const t = performance.now(); await (await fetch("api/state")).json(); return performance.now() - t; })()',
      ),
    );
    const { step, picture } = await until(now => now.picture.length > 0);
    toStep.push((step[0]! - moved) / 1000);
    toPicture.push((picture.at(-1)! - moved) / 1000);
  }
  row('from a moved control to the first small picture, median', median(toStep), 's', 0.7);
  row('from a moved control to the final picture, median', median(toPicture), 's', 3);
  row('api/state while the U-Net runs, median', median(answers), 'ms', 50);
  const [longest, at] = (await marks()).tasks.sort(([a], [b]) => b - a)[0] ?? [0, 0];
  row(`longest task of the page${longest > 0 ? ` (at ${(at / 1000).toFixed(1)} s)` : ''}`, longest, 'ms', 50);
  const files = [...(await readPageFiles()).values()].map(({ bytes }) => bytes);
  row('weight of the page, gzip', files.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0) / 1000, 'kB', 150);
} finally {
  await browser.close();
  child.kill('SIGINT');
  rmSync(folder, { recursive: true, force: true });
}
