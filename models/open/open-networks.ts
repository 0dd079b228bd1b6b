// The networks of a checked model as sessions: which are open together, and what is run again where half precision overflows.
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { lazyNetwork } from '../runtime/lazy-network.ts';
import { redoneInFloat32, singleOnceNeeded } from '../runtime/redone.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { afterEach, insteadOf, takesTurns } from '../runtime/turns.ts';
import type { ModelFolder } from './model-folder.ts';

const overflowText = (part: string, place: string, device: string): string =>
  `the autoencoder's ${part} (${place}) answered with NaN or infinity on ${device}, as numbers do that overflow in half precision: it is ` +
  'run again in float32 on the CPU; an autoencoder that is made for half precision (--vae), or --device cpu, spares the first try';

const leftText = (name: string, place: string, device: string): string =>
  `${name} (${place}) answered with NaN or infinity in half precision on ${device}: from here on it computes in float32, in twice the ` +
  'memory; --precision exact spares the first try';

/** The networks, opened by their first runs; of a large model on the CPU those that denoise, the encoder or the decoder are open. */
export const openNetworks = (
  model: ModelFolder,
  runtime: Runtime,
  coarse: (graph: NetworkGraph) => NetworkGraph,
  warn?: (message: string) => void,
) => {
  const codec = (part: 'encoder' | 'decoder') =>
    redoneInFloat32(runtime, model.autoencoder[part], () => warn?.(overflowText(part, model.places.autoencoder, runtime.device)));
  const [encoder, decoder] = [codec('encoder'), codec('decoder')];
  const denoiser = (graph: NetworkGraph, place: string) =>
    singleOnceNeeded(runtime, coarse(graph), () => warn?.(leftText(graph.name, place, runtime.device)));
  const unet = denoiser(model.unet.graph, model.places.unet);
  const shallow = model.unet.shallow && denoiser(model.unet.shallow, model.places.unet);
  const controls = model.controls.map(({ graph, hint, folder }) => ({ net: denoiser(graph, folder), hint: lazyNetwork(runtime, hint) }));
  if (runtime.device !== 'cpu' || !takesTurns(unet.graph.weights)) return { encoder, decoder, unet, shallow, controls };
  const [codecs, denoisers] = [
    [encoder, decoder],
    [unet, ...(shallow ? [shallow] : []), ...controls.flatMap(({ net, hint }) => [net, hint])],
  ];
  return {
    encoder: insteadOf([...denoisers, decoder], encoder),
    decoder: insteadOf([...denoisers, encoder], decoder),
    unet: insteadOf(codecs, unet),
    shallow: shallow && insteadOf(codecs, shallow),
    controls: controls.map(({ net, hint }) => ({ net: insteadOf(codecs, net), hint: afterEach(insteadOf(codecs, hint)) })),
  };
};
