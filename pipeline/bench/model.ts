// Measures a model on this machine: what opening it costs, and time and memory of a denoising step and of a picture.
import { type Layer, settle } from '../../config/layers.ts';
import { readBy, refuseUnread } from '../../config/unread.ts';
import type { Size } from '../../media/size.ts';
import { openTemporaryFolder } from '../../media/temporary-folder.ts';
import { kindOf, modelKind } from '../../models/open/model-kind.ts';
import { chooseDevice } from '../../models/runtime/devices.ts';
import { locateModel } from '../session/locate-model.ts';
import { measureDrawing } from '../session/measure.ts';
import { openModel } from '../session/open-model.ts';
import { withStyle } from '../session/request.ts';
import { settleRun } from '../session/settle.ts';
import { writeRandomModel } from './random-model.ts';
import { SHAPED, type Shape } from './shapes.ts';

export type ModelBenchOptions = Size & {
  /** A path or an id; without it a folder of `shape` with random weights is written and removed. */
  readonly model?: string | undefined;
  readonly shape: Shape;
  /** Sources of the options `device` and `threads`, strongest first. */
  readonly layers: readonly Layer[];
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
};

export type ModelBench = Size & {
  readonly model: string;
  readonly device: string;
  /** Parameters of each network. */
  readonly parts: readonly { readonly name: string; readonly parameters: number; readonly bytes: number }[];
  /** What opening took: wall seconds, and bytes that the JavaScript heap, its buffers and the process grew by. Weights stay on disk. */
  readonly opening: { readonly seconds: number; readonly heap: number; readonly buffers: number; readonly process: number };
  /** Frames that a video model denoises together, those of the option `window`. */
  readonly frames?: number;
  /** Wall seconds of a denoising step with the guidance pair, of a video model for all frames. */
  readonly secondsPerStep: number;
  /** Wall seconds for encoding and decoding a picture. */
  readonly secondsPerPicture: number;
  /** Bytes that the process held at its peak. */
  readonly memory: number;
};

/** Options of networks that only image models have. @throws UsageError naming one that was given, and what it belongs to */
const refuseOfImages = (layers: readonly Layer[]): void => {
  const ofImages = readBy('rerender');
  const drawing = ({ values, ...layer }: Layer): Layer => ({
    ...layer,
    values: Object.fromEntries(Object.entries(values).filter(([name]) => (ofImages as readonly string[]).includes(name))),
  });
  refuseUnread(layers.map(drawing), ['windows']);
};

/** Drawing is measured without ControlNets. @throws UsageError and DeviceError before anything is written; as opening a model does */
export const benchModel = async ({ model, shape, width, height, layers, signal, onStep }: ModelBenchOptions): Promise<ModelBench> => {
  refuseUnread(layers, ['bench']);
  const { title, disk } = SHAPED[shape];
  await chooseDevice(settle(layers).options.device);
  const named = model === undefined ? undefined : await locateModel({ model, modelFolders: settle(layers).options.modelFolders });
  const kind = named === undefined ? kindOf(SHAPED[shape].unet) : await modelKind(named);
  if (kind === 'video') refuseOfImages(layers);
  const temporary = model === undefined ? await openTemporaryFolder() : undefined;
  const written = temporary?.folder;
  try {
    if (written !== undefined) {
      onStep(`writing random weights of ${title} (${disk})`);
      await writeRandomModel(written, SHAPED[shape]);
    }
    const path = written ?? named!;
    const values = { style: 'an oil painting', model: path, control: ['none'], ...(written !== undefined && { cache: false }) };
    const { options } = await settleRun([...layers, { origin: { kind: 'request' }, values }]);
    const before = process.memoryUsage();
    const begin = performance.now();
    const drawing = withStyle(options);
    const opened = await openModel({ options: drawing, model: path, controls: [], warn: () => undefined });
    try {
      const seconds = (performance.now() - begin) / 1000;
      const after = process.memoryUsage();
      const frames = opened.model.info.kind === 'video' ? options.window : undefined;
      onStep(`drawing ${frames === undefined ? '' : `${frames} frames `}at ${width}x${height}`);
      const { secondsPerStep, secondsPerPicture, memory } = await measureDrawing({
        options: drawing,
        opened,
        size: { width, height },
        window: frames,
        signal,
      });
      return {
        model: written === undefined ? path : `random weights of ${title}'s shapes`,
        device: opened.device,
        width,
        height,
        parts: opened.model.info.parts,
        opening: {
          seconds,
          heap: after.heapUsed - before.heapUsed,
          buffers: after.arrayBuffers - before.arrayBuffers,
          process: after.rss - before.rss,
        },
        ...(frames !== undefined && { frames }),
        secondsPerStep,
        secondsPerPicture,
        memory,
      };
    } finally {
      await opened.close();
    }
  } finally {
    await temporary?.close();
  }
};
