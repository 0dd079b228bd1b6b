// Running networks for checks: a folder to a graph to a session, and the inputs that a plain call leaves at rest.
import { controlHint, controlNet, guessScales } from '../../models/networks/controlnet.ts';
import { openNetworkFolder } from '../../models/networks/folder.ts';
import { controlNetConfig, type DownConfig, unetConfig, withPooledWidth } from '../../models/networks/unet-config.ts';
import { type UNetOptions, unet2d } from '../../models/networks/unet2d.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { forAnyPicture } from '../../models/runtime/large-pictures.ts';
import { lazyNetwork } from '../../models/runtime/lazy-network.ts';
import type { Runtime } from '../../models/runtime/runtime.ts';
import type { IntTensor, Tensor } from '../../models/tensor.ts';
import { type Case, type Context, floats } from './case.ts';

type Feeds = Record<string, Tensor | IntTensor>;

const scalar = (value: number): Tensor => ({ dims: [], data: Float32Array.of(value) });

const SMALL = 1e5; // bytes of a strip: several for each of the larger maps

/** A network in pieces whatever its pictures' size is; as a whole where it is none of maps alone. */
const inPieces = (runtime: Runtime, graph: NetworkGraph) => forAnyPicture(runtime, graph, { whole: 0, stripBytes: SMALL });

/** Loads a graph as drawing does, runs it once, and lets it go. */
export const runOnce = async (graph: NetworkGraph, feeds: Feeds, { runtime, pieces }: Context): Promise<Record<string, Tensor>> => {
  const network = (pieces ? inPieces : lazyNetwork)(await runtime(), graph);
  try {
    return await network.run(
      feeds,
      graph.outputs.map(port => port.name),
    );
  } finally {
    await network.release();
  }
};

export const openUNet = async (folder: string | undefined, options: UNetOptions = {}, c?: Case): Promise<NetworkGraph> => {
  if (folder === undefined) throw new Error('the case names no model');
  const { config, weights } = await openNetworkFolder(folder);
  return unet2d(c ? withText(unetConfig(config), c) : unetConfig(config), weights, options);
};

/** A network's config with as many time ids as the pooled states of the case leave room for. */
export const withText = <C extends DownConfig>(config: C, c: Case): C => {
  const pooled = c.inputs.text_embeds?.dims[1];
  return pooled === undefined ? config : withPooledWidth(config, pooled);
};

/** Names of a case's inputs, and of the ports that take them. */
const PORTS: Readonly<Record<string, string>> = {
  sample: 'sample',
  timestep: 'timestep',
  encoder_hidden_states: 'context',
  timestep_cond: 'timestep_cond',
  text_embeds: 'text_embeds',
  time_ids: 'time_ids',
};

/** Inputs of a case that U-Nets and ControlNets read. */
export const NETWORK_INPUTS = Object.keys(PORTS);

const given = (c: Case): Feeds =>
  Object.fromEntries(Object.entries(PORTS).flatMap(([name, port]) => (name in c.inputs ? [[port, floats(c, name)]] : [])));

/** FreeU's rules under the names that cases give them. */
export type FreeURules = { readonly stage: 'channels' | 'block'; readonly control_order: 'control-first' | 'filter-first' };

/** The same rules under the models' names. */
export const freeuRules = ({ stage, control_order: order }: Partial<FreeURules>): UNetOptions => ({
  freeu: stage === 'block' ? 'blocks' : stage,
  freeuOrder: order === 'control-first' ? 'after-control' : 'before-control',
});

type Factor = 'b1' | 'b2' | 's1' | 's2' | 'version';
type FurtherFactor = 'b3' | 's3' | 'h1' | 'h2' | 'h3';
export type Strengths = { readonly [K in Factor]: number } & { readonly [K in FurtherFactor]?: number };

export const NEUTRAL: Strengths = { b1: 1, b2: 1, s1: 1, s2: 1, version: 1 };

/** Everything the U-Net's graph asks for: the case's inputs, residuals where there are some, FreeU's strengths, no banks. */
export const unetFeeds = (
  graph: NetworkGraph,
  c: Case,
  { version, ...strengths }: Strengths = NEUTRAL,
  residuals: readonly Tensor[] = [],
): Feeds => {
  const feeds = given(c);
  const batch = feeds.sample?.dims[0] ?? 1;
  const further = { b3: 1, s3: 1, h1: 1, h2: 1, h3: 1 };
  const named: Record<string, number> = { ...further, ...strengths, freeu_version: version };
  for (const { name, dims } of graph.inputs) {
    const [part, index] = name.split('.');
    if (part === 'control') feeds[name] = residuals[Number(index)] ?? { dims: [1, 1, 1, 1], data: new Float32Array(1) };
    if (part === 'bank') feeds[name] = { dims: [batch, 0, Number(dims[2])], data: new Float32Array(0) };
    if (part === 'n_self') feeds[name] = { dims: [1], data: BigInt64Array.of(2n ** 31n) };
    if (named[name] !== undefined) feeds[name] = scalar(named[name]);
  }
  return feeds;
};

/** A ControlNet's residuals for the case's inputs and a picture, scaled, the middle's last. */
export const controlResiduals = async (
  folder: string,
  c: Case,
  image: Tensor,
  { scale, guess }: { readonly scale: number; readonly guess: boolean },
  context: Context,
): Promise<Tensor[]> => {
  const { config, weights } = await openNetworkFolder(folder);
  const read = controlNetConfig(config);
  const graph = controlNet(read, weights);
  const count = graph.outputs.length;
  const scales = guess ? guessScales(count) : new Float32Array(count).fill(1);
  const { hint } = await runOnce(controlHint(read, weights), { image }, context);
  const feeds = { ...given(c), hint: hint!, scale: scalar(scale), scales: { dims: [count], data: scales } };
  const outputs = await runOnce(graph, feeds, context);
  return graph.outputs.map(port => outputs[port.name] as Tensor);
};
