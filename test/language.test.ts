// The language of the house: lines end within 140 columns, and exported names say what they hold (CONTRIBUTING.md, "Words").
// The two lists name what does not comply yet: their numbers may only fall, and entries leave them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../config/paths.ts';

const COLUMNS = 140;
const FORBIDDEN = ['told', 'kept', 'known', 'given', 'own', 'seen', 'worth'];
const PRODUCT = ['cli', 'config', 'pipeline', 'stages', 'models', 'media', 'kernels'];

/** Long lines that are one expected text or one regular expression, by file: they cannot be broken. */
const UNBREAKABLE: Readonly<Record<string, number>> = {
  'test/cli/adapters.test.ts': 1,
  'test/cli/generate.test.ts': 1,
  'test/models/onnx.test.ts': 2,
};

/** At most so many long lines remain to be mended, by room and file name: files may move within their room. */
const LONG: Readonly<Record<string, number>> = {
  'cli/bench-model.ts': 2,
  'cli/folder-trust.ts': 1,
  'cli/generate.ts': 1,
  'cli/metrics-text.ts': 1,
  'cli/models-inspect.ts': 1,
  'cli/plain.ts': 1,
  'cli/program.ts': 1,
  'cli/sources.ts': 1,
  'cli/terminal.ts': 1,
  'cli/text.ts': 4,
  'config/adapters.ts': 1,
  'config/anchor.ts': 1,
  'config/control.ts': 1,
  'config/exit-hooks.ts': 1,
  'config/json.ts': 1,
  'config/keyframes.ts': 2,
  'config/options-file.ts': 1,
  'config/pictures.ts': 1,
  'config/presets.ts': 1,
  'config/read-file.ts': 1,
  'config/rerender-json.ts': 1,
  'config/style.ts': 5,
  'docs/options.md': 3,
  'kernels/patch.ts': 1,
  'models/README.md': 16,
  'models/autoencoder-dc.ts': 2,
  'models/autoencoder-kl.ts': 1,
  'models/checkpoint.ts': 1,
  'models/config.ts': 1,
  'models/contract.ts': 1,
  'models/diffusion-model.ts': 7,
  'models/dpm-solver.ts': 1,
  'models/embedding.ts': 2,
  'models/euler.ts': 2,
  'models/folder.ts': 1,
  'models/get.ts': 1,
  'models/guidance-embedding.ts': 1,
  'models/guided-denoiser.ts': 3,
  'models/hed.ts': 1,
  'models/keys.ts': 1,
  'models/lcm.ts': 1,
  'models/limit.ts': 1,
  'models/measure-prediction.ts': 3,
  'models/model-fit.ts': 3,
  'models/model-folder.ts': 1,
  'models/model-parts.ts': 1,
  'models/names.ts': 1,
  'models/pndm.ts': 3,
  'models/read.ts': 1,
  'models/resnet.ts': 1,
  'models/safetensors.ts': 1,
  'models/schedule.ts': 1,
  'models/shape-autoencoder.ts': 1,
  'models/shape.ts': 1,
  'models/snapshot.ts': 1,
  'models/storages.ts': 1,
  'models/tokenizer-files.ts': 2,
  'models/transformer.ts': 1,
  'models/unet-config.ts': 1,
  'models/unet2d.ts': 4,
  'models/unet3d-config.ts': 1,
  'models/unet3d.ts': 2,
  'models/unipc.ts': 1,
  'models/weight-source.ts': 1,
  'models/windows.ts': 2,
  'pipeline/by-kind.ts': 1,
  'pipeline/checkpoint.ts': 1,
  'pipeline/couples.ts': 2,
  'pipeline/doctor.ts': 2,
  'pipeline/image-inputs.ts': 1,
  'pipeline/locate-model.ts': 2,
  'pipeline/metrics.ts': 1,
  'pipeline/plan.ts': 1,
  'pipeline/plot.ts': 2,
  'pipeline/prepare.ts': 1,
  'pipeline/previews.ts': 2,
  'pipeline/spectrum-plot.ts': 3,
  'pipeline/states.ts': 1,
  'pipeline/summary.ts': 1,
  'pipeline/video.ts': 1,
  'training/autoencoder.py': 9,
  'training/behaviour.py': 3,
  'training/captions.py': 30,
  'training/classifier.py': 2,
  'training/evaluate.py': 3,
  'training/last_layer.py': 2,
  'training/latents.py': 3,
  'training/muon.py': 1,
  'training/sample.py': 4,
  'training/styles.py': 1,
  'training/train_diffusion.py': 9,
  'training/train_pixels.py': 8,
  'training/widen.py': 5,
};

/** Exported names that remain to be changed. */
const NAMES: ReadonlySet<string> = new Set(['Given', 'Kept', 'Told', 'keptSteps', 'openGiven', 'toldPrediction']);

const tracked = (...endings: string[]): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: packageRoot, encoding: 'utf8' })
    .split('\n')
    .filter(file => endings.some(ending => file.endsWith(ending)) && existsSync(join(packageRoot, file)));

const placeOf = (file: string): string => [...new Set([file.split('/')[0], file.split('/').at(-1)])].join('/');

const linesOf = (file: string): string[] => readFileSync(join(packageRoot, file), 'utf8').split('\n');

/** The lines of a Markdown file that can be wrapped: rows of tables cannot. */
const prose = (lines: readonly string[]): string[] => lines.filter(line => !line.startsWith('|'));

const longLines = (file: string): number => {
  const lines = linesOf(file);
  return (file.endsWith('.md') ? prose(lines) : lines).filter(line => line.length > COLUMNS).length;
};

const words = (name: string): string[] => name.split(/(?=[A-Z])|_/).map(word => word.toLowerCase());

test('lines of code and prose end within 140 columns', () => {
  const files = tracked('.ts', '.mjs', '.py', '.md').filter(file => file !== 'CHANGELOG.md' && !file.startsWith('test/oracles/'));
  expect(files.length).toBeGreaterThan(500);
  const lines = new Map<string, number>();
  for (const file of files) {
    const place = placeOf(file);
    lines.set(place, (lines.get(place) ?? 0) + Math.max(0, longLines(file) - (UNBREAKABLE[file] ?? 0)));
  }
  const tooLong = [...lines].filter(([place, count]) => count > (LONG[place] ?? 0));
  expect(tooLong).toEqual([]);
});

test('exported names of the product say what they hold', () => {
  const files = tracked('.ts').filter(file => PRODUCT.includes(file.split('/')[0]!));
  expect(files.length).toBeGreaterThan(300);
  const names = files.flatMap(file =>
    linesOf(file).flatMap(line => {
      const [, name] = /^export (?:async |abstract )*(?:type|interface|class|const|let|function|enum) (\w+)/.exec(line) ?? [];
      return name === undefined ? [] : [{ file, name }];
    }),
  );
  expect(names.length).toBeGreaterThan(1000);
  const wrong = names.filter(({ name }) => !NAMES.has(name) && words(name).some(word => FORBIDDEN.includes(word)));
  expect(wrong).toEqual([]);
});
