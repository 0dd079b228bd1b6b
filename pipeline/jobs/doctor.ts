// What this machine has and lacks for the program.
import { access, constants, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import { openDiffusionModel } from '../../models/diffusion-model.ts';
import { describeDevices } from '../../models/runtime/describe-devices.ts';
import { openRuntime } from '../../models/runtime/runtime.ts';
import { locateModel } from '../session/locate-model.ts';
import { listCache } from './cache.ts';

/** One thing that was looked at. */
export type Finding = {
  readonly what: string;
  /** `missing` keeps the program from working; `note` is worth knowing. */
  readonly state: 'ok' | 'note' | 'missing';
  readonly text: string;
};

const ORIGINS = { option: 'given by option', environment: 'from the environment', path: 'on PATH', package: 'npm package' } as const;

const ffmpegFindings = async ({ ffmpeg, ffprobe }: Options): Promise<Finding[]> => {
  const found = await findFfmpeg({ ffmpeg, ffprobe, env: process.env });
  const tools = [
    ['ffmpeg', found.ffmpeg],
    ['ffprobe', found.ffprobe],
  ] as const;
  return [
    ...tools.map(([what, tool]): Finding => {
      const release = tool.release && !tool.version.startsWith(tool.release) ? ` (like ${tool.release})` : '';
      return { what, state: 'ok', text: `${tool.version}${release}, ${ORIGINS[tool.origin]}: ${tool.path}` };
    }),
    ...found.lacks.map((text): Finding => ({ what: 'ffmpeg', state: 'note', text })),
  ];
};

const deviceFindings = async (): Promise<Finding[]> =>
  (await describeDevices())
    .filter(({ state }) => state !== 'other system')
    .map(({ device, reason, state, remedy }) => ({
      what: `device ${device}`,
      state: reason === undefined ? 'ok' : device === 'cpu' ? 'missing' : 'note', // the CPU's provider is in every onnxruntime
      text: reason === undefined ? 'works' : `not available: ${reason}${remedy && state === 'provider missing' ? ` (${remedy})` : ''}`,
    }));

const modelFindings = async (folder: string): Promise<Finding[]> => {
  const runtime = await openRuntime({ device: 'cpu' });
  try {
    const { info } = await openDiffusionModel(folder, { runtime });
    const parameters = info.parts.reduce((sum, part) => sum + part.parameters, 0);
    const bytes = info.parts.reduce((sum, part) => sum + part.bytes, 0);
    const size = `${(parameters / 1e6).toFixed(1)} M parameters, ${(bytes / 1e6).toFixed(0)} MB`;
    const shape = `${info.latentChannels} latent channels, ${info.prediction}, ${size}`;
    return [{ what: 'model', state: 'ok', text: `${folder}: ${shape}` }];
  } finally {
    await runtime.close();
  }
};

/** The nearest existing folder upwards. */
const existing = async (folder: string): Promise<string> =>
  access(folder).then(
    () => folder,
    () => (folder === dirname(folder) ? folder : existing(dirname(folder))),
  );

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1);

const workDirFindings = async (options: Options): Promise<Finding[]> => {
  const { root: folder, bytes, limit, scope } = await listCache(options);
  const there = await existing(folder);
  await access(there, constants.W_OK).catch(cause => {
    throw new RerenderError('WORK_DIR', 'missing', `${there} is not writable: name another folder with --work-dir`, { cause });
  });
  const { bavail, bsize } = await statfs(there);
  const free = Number(bavail) * Number(bsize);
  const bound = `${scope === 'all' ? '' : 'frames of results '}at most ${options.cacheLimit} GB (--cache-limit)`;
  return [
    { what: 'work folder', state: free < 2e9 ? 'note' : 'ok', text: `${folder}, ${(free / 1e9).toFixed(0)} GB free` },
    {
      what: 'cache',
      state: bytes > limit && scope === 'all' ? 'note' : 'ok',
      text: `${gigabytes(bytes)} GB of finished parts; ${bound}; \`rerender cache\` lists them`,
    },
  ];
};

/** Looks at Node.js, the machine, ffmpeg, devices, the model and the work folder. Never throws: what fails is a finding. */
export const doctor = async (options: Options): Promise<Finding[]> => {
  const cpu = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} threads`;
  const machine = `${process.platform} ${process.arch}, ${cpu}, ${(totalmem() / 1e9).toFixed(0)} GB`;
  const looks: [string, () => Promise<Finding[]>][] = [
    ['ffmpeg', () => ffmpegFindings(options)],
    ['devices', deviceFindings],
    ['model', async () => modelFindings(await locateModel(options))],
    ['work folder', () => workDirFindings(options)],
  ];
  const findings = await Promise.all(
    looks.map(([what, look]) =>
      look().catch((error: unknown): Finding[] => [
        { what, state: 'missing', text: error instanceof Error ? error.message : String(error) },
      ]),
    ),
  );
  return [
    { what: 'Node.js', state: 'ok', text: process.versions.node },
    { what: 'machine', state: 'ok', text: machine },
    ...findings.flat(),
  ];
};
