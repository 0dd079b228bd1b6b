// `rerender models inspect PATH`: what a folder or file of weights is, holds and lacks.
import { embeddedModel, wordsModel } from '../../config/paths.ts';
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

/** What is said of an embedded model beside its parts. */
type About = Readonly<Partial<Record<'styles' | 'words' | 'hands' | 'limits', readonly string[]>>>;

const HEADINGS = [
  ['styles', 'styles it was taught (--preset):'],
  ['words', 'words that it draws:'],
  ['hands', 'whose drawings it learned from, behind a word ("a cat, noto"):'],
] as const;

const aboutText = (about: About): string[] => [
  ...HEADINGS.flatMap(([field, heading]) => {
    const entries = about[field];
    return entries ? [`  ${heading}`, ...rowsOf(entries, 8).map(row => `    ${row.join(', ')}`)] : [];
  }),
  ...(about.limits ?? []).map(limit => `  limit: ${limit}`),
];

const rowsOf = (words: readonly string[], length: number): (readonly string[])[] =>
  words.flatMap((_, i) => (i % length === 0 ? [words.slice(i, i + length)] : []));

/** What is known of a model beside its parts: of an embedded one from its card, of others that list their words these. */
const aboutModel = async (folder: string): Promise<About> => {
  const [{ EMBEDDED, EMBEDDED_WORDS }, { vocabularyOf }] = await Promise.all([
    import('../../models/inspect/embedded.ts'),
    import('../../pipeline/session/vocabulary.ts'),
  ]);
  if (folder === embeddedModel) return EMBEDDED;
  const words = await vocabularyOf(folder);
  return { ...(words && { words: [...words].sort() }), ...(folder === wordsModel && EMBEDDED_WORDS) };
};

export const modelsInspectCommand = command<{ readonly json?: boolean }>({
  name: 'inspect',
  summary: 'Tells what a model folder or a file of weights is, by what that was recognised, what it holds and lacks; nothing is run.',
  positionals: [
    {
      name: '[path]',
      help: 'folder, file, id of a model of the hub that was downloaded, or a name in your modelFolders; without it rerender-mini',
    },
  ],
  flags: { Terminal: [JSON_FLAG] },
  run: async ({ positionals: [path], flags }) => {
    const { modelFolders } = path === undefined ? { modelFolders: [] } : await userOptions();
    const [{ inspectModel }, { locateModel }] = await Promise.all([
      import('../../models/inspect/inspect.ts'),
      import('../../pipeline/session/locate-model.ts'),
    ]);
    const folder = await locateModel({ model: path, modelFolders });
    const inspection = await inspectModel(folder);
    const about = await aboutModel(folder);
    const text = [inspectionText(inspection), ...aboutText(about)].join('\n');
    process.stdout.write(`${flags.json ? JSON.stringify({ ...inspection, ...about }, undefined, 2) : text}\n`);
  },
});
