// `rerender bench keyframes`: counted denoising steps.
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { table } from '../report/format.ts';

const showBenchKeyframes = async (flags: { readonly json?: boolean }): Promise<void> => {
  const { benchKeyframes } = await import('../../pipeline/bench/keyframes.ts');
  const rows = benchKeyframes();
  const share = ({ run, published }: { run: number; published: number }): string => `${run} of ${published}`;
  const text = table(
    ['denoising steps', 'anchor', 'key frame', 'share'],
    rows.map(({ steps, strength, anchor, key }) => [
      `${steps} steps, ${strength === 'noise' ? 'from noise' : `strength ${strength}`}`,
      share(anchor),
      share(key),
      `${((100 * key.run) / key.published).toFixed(1)} %`,
    ]),
  );
  process.stdout.write(`${flags.json ? JSON.stringify(rows, undefined, 2) : text}\n`);
};

export const benchKeyframesCommand = command<{ readonly json?: boolean }>({
  name: 'keyframes',
  summary: "Counts the denoising steps of key frames against the published algorithm's, for the same result.",
  flags: { Measurement: [JSON_FLAG] },
  run: ({ flags }) => showBenchKeyframes(flags),
});
