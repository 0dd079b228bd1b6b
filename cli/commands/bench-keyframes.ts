// `rerender bench keyframes`: counted denoising steps.
import { benchKeyframes } from '../../pipeline/bench/keyframes.ts';

const HEAD = ['denoising steps', 'anchor', 'key frame', 'share'];

export const showBenchKeyframes = (flags: { readonly json?: boolean }): void => {
  const counts = benchKeyframes();
  const share = ({ run, published }: { run: number; published: number }): string => `${run} of ${published}`;
  const rows = counts.map(({ steps, strength, anchor, key }) => [
    `${steps} steps, ${strength === 'noise' ? 'from noise' : `strength ${strength}`}`,
    share(anchor),
    share(key),
    `${((100 * key.run) / key.published).toFixed(1)} %`,
  ]);
  const widths = HEAD.map((name, c) => Math.max(name.length, ...rows.map(row => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join('  ');
  process.stdout.write(`${flags.json ? JSON.stringify(counts, undefined, 2) : [HEAD, ...rows].map(line).join('\n')}\n`);
};
