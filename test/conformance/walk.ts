// Walks folders of cases and checks every one of a kind that it knows; what it does not know is skipped and told.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ConvolutionRule } from '../../models/onnx/convolution/form.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Context, type KindCheck, type Result, readCase } from './case.ts';

export type Outcome = { readonly kind: string; readonly name: string; readonly result: Result };

export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** Folders below `folder` that hold a case.json, in the order of their names. */
export const caseFolders = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(entry => entry.name === 'case.json')) return [resolve(folder)];
  const below = entries.filter(entry => entry.isDirectory()).sort((a, b) => (a.name < b.name ? -1 : 1));
  return (await Promise.all(below.map(entry => caseFolders(join(folder, entry.name))))).flat();
};

/**
 * Checks every case below the folders with the checks of `kinds`, telling each outcome as it comes. Runs on the CPU; `convolution` takes
 * the place of the CPU's rule, which leaves networks as small as these alone; `pieces` runs autoencoders as if pictures were large.
 */
export const walk = async (
  folders: readonly string[],
  kinds: Readonly<Record<string, KindCheck>>,
  tell: (outcome: Outcome) => void = () => {},
  { convolution, pieces = false }: { readonly convolution?: ConvolutionRule | undefined; readonly pieces?: boolean } = {},
): Promise<Tally> => {
  let runtime: Promise<Runtime> | undefined;
  const open = async (): Promise<Runtime> => ({
    ...(await openRuntime({ device: 'cpu', derived: false })),
    ...(convolution && { convolution }),
  });
  const context: Context = { runtime: () => (runtime ??= open()), pieces };
  const tally = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const folder of (await Promise.all(folders.map(caseFolders))).flat()) {
      const outcome = await checkFolder(folder, kinds, context);
      tally['skipped' in outcome.result ? 'skipped' : outcome.result.pass ? 'passed' : 'failed']++;
      tell(outcome);
    }
  } finally {
    await (await runtime)?.close();
  }
  return tally;
};

const checkFolder = async (folder: string, kinds: Readonly<Record<string, KindCheck>>, context: Context): Promise<Outcome> => {
  const place = { kind: basename(dirname(folder)), name: basename(folder) };
  try {
    const check = kinds[place.kind];
    if (!check) return { ...place, result: { skipped: `kind ${place.kind} is not known` } };
    return { ...place, result: await check(await readCase(folder), context) };
  } catch (error) {
    return { ...place, result: { maxError: Number.POSITIVE_INFINITY, bound: 0, pass: false, note: String(error) } };
  }
};

/** One line: kind, name, max abs error, bound, pass or fail; or why it was skipped. */
export const outcomeLine = ({ kind, name, result }: Outcome): string => {
  const head = `${kind.padEnd(18)} ${name.padEnd(28)}`;
  if ('skipped' in result) return `${head} skipped: ${result.skipped}`;
  const { maxError, bound, pass, note } = result;
  return `${head} ${maxError.toExponential(1).padEnd(9)} ${String(bound).padEnd(7)} ${pass ? 'pass' : 'fail'}${note ? ` (${note})` : ''}`;
};

/** `12 passed, 0 failed, 3 skipped`. */
export const tallyLine = ({ passed, failed, skipped }: Tally): string => `${passed} passed, ${failed} failed, ${skipped} skipped`;
