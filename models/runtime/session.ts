// Sessions of onnxruntime: the options that every one of them is opened with, and tensors in and out.
import { InferenceSession, listSupportedBackends, Tensor as OrtTensor } from 'onnxruntime-node';
import type { IntTensor, Tensor } from '../tensor.ts';
import type { Feeds, LoadRequest, Provider, SessionSettings } from './calls.ts';

/** A provider's place in the session options; those that a build lacks would be dropped in silence, see `isBuilt`. */
const executionProvider = ({ provider, deviceId }: SessionSettings): InferenceSession.ExecutionProviderConfig => {
  switch (provider) {
    case 'cuda':
      return { name: 'cuda', deviceId };
    case 'dml':
      return { name: 'dml', deviceId };
    default:
      return { name: provider };
  }
};

/** Whether this build of onnxruntime has the provider at all. */
export const isBuilt = (provider: Provider): boolean => listSupportedBackends().some(({ name }) => name === provider);

const ERROR_LEVEL = 3; // onnxruntime's severities: 2 warning, 3 error

/** Opens a session. One that is `once` is run once: nothing of it is computed in advance. */
export const openSession = (
  request: Pick<LoadRequest, 'bytes' | 'folder' | 'mapped' | 'large'> & { readonly once?: boolean },
  settings: SessionSettings,
): Promise<InferenceSession> =>
  InferenceSession.create(request.bytes, {
    executionProviders: [executionProvider(settings)],
    intraOpNumThreads: settings.threads,
    logSeverityLevel: ERROR_LEVEL,
    // The next level lays out the weights of convolutions anew.
    ...(request.mapped && { graphOptimizationLevel: 'extended' }),
    ...(request.large && { enableMemPattern: false }), // a pattern of memory is a block beside what the first run took
    ...(request.once && { graphOptimizationLevel: 'disabled' }),
    extra: {
      session: {
        // Idle threads that spin take cores from ffmpeg and flow: measured 1.4 times slower on a machine that is busy.
        intra_op: { allow_spinning: '0' },
        ...(request.mapped && { disable_prepacking: '1' }),
        ...(request.folder && { model_external_initializers_file_folder_path: request.folder }),
      },
    },
  });

const toOrt = ({ dims, data }: Tensor | IntTensor): OrtTensor =>
  data instanceof Float32Array ? new OrtTensor('float32', data, dims) : new OrtTensor('int64', data, dims);

/** Runs a session for the outputs in `fetch`, and no others. */
export const runSession = async (session: InferenceSession, feeds: Feeds, fetch: readonly string[]): Promise<Record<string, Tensor>> => {
  const inputs = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, toOrt(value)]));
  const outputs = await session.run(inputs, fetch);
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => {
      if (!(data instanceof Float32Array)) throw new Error(`output ${name} is not float32`);
      return [name, { dims, data }];
    }),
  );
};
