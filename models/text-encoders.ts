// Prompts to conditioning, with one text encoder or with SDXL's two.
import { type Conditioning, makeConditioning, type PictureSizes } from './conditioning.ts';
import { checkFinite } from './networks/finite.ts';
import { ModelFitError } from './open/model-fit.ts';
import type { ModelFolder } from './open/model-folder.ts';
import { PENULTIMATE, type TextPart } from './open/text-parts.ts';
import { lazyNetwork, type Usage } from './runtime/lazy-network.ts';
import type { Runtime } from './runtime/runtime.ts';
import { type Tensor, tensor } from './tensor.ts';

/** How prompts are read. */
export type EncodeOptions = {
  /**
   * Layers of the text encoders left out at the end, default 0. SDXL, which leaves out one anyway, leaves out these many more, of all
   * prompts but the first (negative) one, as diffusers does.
   */
  readonly clipSkip?: number | undefined;
  /** What SDXL is told of sizes: for all prompts, or for each. Other models do not read it. */
  readonly sizes?: PictureSizes | readonly PictureSizes[] | undefined;
};

export type TextEncoders = {
  readonly encode: (
    prompts: readonly (string | undefined)[],
    signal?: AbortSignal,
    options?: EncodeOptions,
  ) => Promise<{ conditioning: Conditioning; cut: string[] }>;
  readonly release: () => Promise<void>;
  readonly usage: () => Usage;
};

const UNPLEASING = 2.5; // of 10; diffusers' score for negative prompts of a refiner

/** Tensors [n, t, w] side by side: [n, t, sum of w]. */
export const sideBySide = (parts: readonly Tensor[]): Tensor => {
  const [first, ...more] = parts as [Tensor, ...Tensor[]];
  if (more.length === 0) return first;
  const widths = parts.map(({ dims }) => dims.at(-1)!);
  const width = widths.reduce((sum, w) => sum + w, 0);
  const out = tensor([...first.dims.slice(0, -1), width]);
  let at = 0;
  for (const [k, { data }] of parts.entries()) {
    const w = widths[k]!;
    for (let row = 0; row < data.length / w; row++) out.data.set(data.subarray(row * w, (row + 1) * w), row * width + at);
    at += w;
  }
  return out;
};

/** Fills the rows [i] of x [n, ...] with those of another, or with zeros. */
const replaceRows = (x: Tensor, rows: readonly number[], other?: Tensor): Tensor => {
  const size = x.data.length / x.dims[0]!;
  const data = x.data.slice();
  for (const row of rows) {
    if (other) data.set(other.data.subarray(row * size, (row + 1) * size), row * size);
    else data.fill(0, row * size, (row + 1) * size);
  }
  return tensor(x.dims, data);
};

/** One encoder: its session for the layers in use. Another count of layers opens another. */
const openEncoder = (part: TextPart, sdxl: boolean, runtime: Runtime) => {
  const networks = new Map([[0, lazyNetwork(runtime, part.graph)]]);
  const networkOf = (clipSkip: number) => {
    const most = part.layers - 1 - (sdxl ? PENULTIMATE : 0);
    if (clipSkip > most) {
      const { network } = part.places;
      throw new ModelFitError(`the text encoder (${network}) has ${part.layers} layers: at most ${most} can be left out, got ${clipSkip}`);
    }
    const network = networks.get(clipSkip) ?? lazyNetwork(runtime, part.skipping(clipSkip));
    networks.set(clipSkip, network);
    return network;
  };
  return { part, networks, networkOf };
};

/** The encoders of a model as one. Sessions open with their first use. */
export const openTextEncoders = (
  { texts, sdxl, zeroForMissing }: Pick<ModelFolder, 'texts' | 'sdxl' | 'zeroForMissing'>,
  runtime: Runtime,
): TextEncoders => {
  const encoders = texts.map(part => openEncoder(part, sdxl, runtime));

  const run = async (
    { part, networkOf }: (typeof encoders)[number],
    prompts: readonly string[],
    clipSkip: number,
    signal?: AbortSignal,
  ) => {
    const network = networkOf(clipSkip);
    const tokens = prompts.map(part.tokenizer.encode);
    const ids = BigInt64Array.from(
      tokens.flatMap(t => t.ids),
      BigInt,
    );
    const names = network.graph.outputs.map(({ name }) => name);
    const outputs = await network.run({ input_ids: { dims: [prompts.length, part.tokenizer.length], data: ids } }, names, signal);
    await checkFinite([network.graph], outputs);
    return { outputs, cut: tokens.map(t => t.cut) };
  };

  return {
    async encode(given, signal, { clipSkip = 0, sizes = {} } = {}) {
      const prompts = given.map(prompt => prompt ?? '');
      const results: Awaited<ReturnType<typeof run>>[] = [];
      // One after the other: each takes all cores.
      for (const encoder of encoders) results.push(await run(encoder, prompts, clipSkip, signal));
      const { cut } = results[0]!;
      if (!sdxl) return { conditioning: makeConditioning({ states: results[0]!.outputs.last_hidden_state! }), cut };
      const statesOf = (leftOut: number): Tensor => sideBySide(results.map(({ outputs }) => outputs[`states.${leftOut}`]!));
      const skipped = statesOf(PENULTIMATE + clipSkip);
      const usual = clipSkip > 0 && prompts.length > 1 ? replaceRows(skipped, [0], statesOf(PENULTIMATE)) : skipped;
      const absent = zeroForMissing ? given.flatMap((prompt, i) => (prompt === undefined ? [i] : [])) : [];
      const each = prompts.map((_, i) => (Array.isArray(sizes) ? (sizes[i] ?? {}) : (sizes as PictureSizes)));
      const scores = each.map((one, i) => (i === 0 && prompts.length > 1 ? { score: UNPLEASING, ...one } : one));
      const parts = {
        states: replaceRows(usual, absent),
        pooled: replaceRows(results.at(-1)!.outputs.pooled!, absent),
        sizes: scores,
      };
      return { conditioning: makeConditioning(parts), cut };
    },
    async release() {
      await Promise.all(encoders.flatMap(({ networks }) => [...networks.values()].map(network => network.release())));
    },
    usage() {
      const all = encoders.flatMap(({ networks }) => [...networks.values()].map(network => network.usage()));
      return all.reduce((sum, { sessions, runs }) => ({ sessions: sum.sessions + sessions, runs: sum.runs + runs }), {
        sessions: 0,
        runs: 0,
      });
    },
  };
};
