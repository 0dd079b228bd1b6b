// `rerender models inspect PATH`: what a folder or file of weights is, holds and lacks.
import type { EMBEDDED } from '../../models/inspect/embedded.ts';
import type { Inspection } from '../../models/inspect/inspect.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { bytes } from '../report/format.ts';
import { userOptions } from '../user-options.ts';

const KINDS: Readonly<Record<Inspection['kind'], string>> = {
  'stable-diffusion-1': 'Stable Diffusion 1, or of its shape',
  'stable-diffusion-2': 'Stable Diffusion 2, or of its shape',
  sdxl: 'Stable Diffusion XL, or of its shape',
  'text-to-video': 'text-to-video (ModelScope)',
  controlnet: 'ControlNet, for --control TYPE=PATH',
  'control-lora': 'Control-LoRA (not supported)',
  'control-difference': 'difference ControlNet (not supported)',
  'control-union': 'ControlNet Union (not supported)',
  autoencoder: 'autoencoder, for --vae PATH',
  'text-encoder': 'CLIP text encoder alone',
  unet: 'U-Net alone',
  lora: 'LoRA, for --lora PATH',
  embedding: 'textual inversion, for --embedding PATH',
  unknown: 'unknown',
};

const numbers = (n: number): string => (n < 1e4 ? String(n) : n < 1e6 ? `${(n / 1e3).toFixed(1)} k` : `${(n / 1e6).toFixed(1)} M`);

/** The lines of an inspection, without colours. */
const inspectionText = ({ path, kind, parts, recognised, missing, problems, memory }: Inspection): string => {
  const width = Math.max(0, ...parts.map(({ name }) => name.length));
  const rows = parts.map(({ name, type, parameters, bytes: size, dtypes }) => {
    const counts = `${numbers(parameters).padStart(8)} parameters  ${bytes(size).padStart(7)}`;
    return `  ${name.padEnd(width)}  ${counts}  ${dtypes.join(' + ')}${type ? `  ${type}` : ''}`.trimEnd();
  });
  return [
    path,
    `  ${KINDS[kind]}`,
    ...rows,
    ...recognised.map(({ what, by }) => `  ${what}: ${by}`),
    ...(memory === undefined ? [] : [`  memory to draw 512 x 512: about ${bytes(memory)}`]),
    ...missing.map(what => `  missing: ${what}`),
    ...problems.map(what => `  problem: ${what}`),
  ].join('\n');
};

const embeddedText = ({ styles, limits }: typeof EMBEDDED): string =>
  [
    '  styles it was taught (--preset):',
    ...rowsOf(styles, 8).map(row => `    ${row.join(', ')}`),
    ...limits.map(limit => `  limit: ${limit}`),
  ].join('\n');

const rowsOf = (words: readonly string[], length: number): (readonly string[])[] =>
  words.flatMap((_, i) => (i % length === 0 ? [words.slice(i, i + length)] : []));

export const modelsInspectCommand = command<{ readonly json?: boolean }>({
  name: 'inspect',
  summary: 'Tells what a model folder or a file of weights is, by what that was recognised, what it holds and lacks; nothing is run.',
  positionals: [
    {
      name: '[path]',
      help: 'folder, file, id of a model of the hub that was downloaded, or a name in your modelFolders; without it the embedded model',
    },
  ],
  flags: { Terminal: [JSON_FLAG] },
  run: async ({ positionals: [path], flags }) => {
    const { modelFolders } = path === undefined ? { modelFolders: [] } : await userOptions();
    const [{ EMBEDDED }, { inspectModel }, { locateModel }] = await Promise.all([
      import('../../models/inspect/embedded.ts'),
      import('../../models/inspect/inspect.ts'),
      import('../../pipeline/session/locate-model.ts'),
    ]);
    const inspection = await inspectModel(await locateModel({ model: path, modelFolders }));
    const about = path === undefined ? EMBEDDED : undefined;
    const text = [inspectionText(inspection), ...(about ? [embeddedText(about)] : [])].join('\n');
    process.stdout.write(`${flags.json ? JSON.stringify({ ...inspection, ...about }, undefined, 2) : text}\n`);
  },
});
