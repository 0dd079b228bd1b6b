// Finds ffmpeg and ffprobe on this machine and says what they can do.
import { accessSync, chmodSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { FfmpegMissingError } from './errors.ts';
import { capture } from './process.ts';

/** Where a program was found: given by the caller, named by the environment, on the PATH, or in an optional npm package. */
export type Origin = 'option' | 'environment' | 'path' | 'package';

/** One program, as it answers to `-version`. */
export type Tool = {
  readonly path: string;
  readonly origin: Origin;
  /** As the program prints it: `5.1.9-0+deb12u1`, `N-47683-g0e8eb07980-static`. */
  readonly version: string;
  /** The release whose libraries it carries, `4.1`; nightly builds have no other number. `undefined` when it prints none. */
  readonly release: string | undefined;
  /** libavutil's [major, minor]. */
  readonly libavutil: readonly [number, number];
};

/** The two programs, and what they can do. */
export type Ffmpeg = {
  readonly ffmpeg: Tool;
  readonly ffprobe: Tool;
  readonly encoders: ReadonlySet<string>;
  readonly decoders: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
  /** Codecs, by their own names, that some decoder reads. */
  readonly decodable: ReadonlySet<string>;
  /** What it cannot do and what that means, a sentence each; empty for a full build. */
  readonly lacks: readonly string[];
  /** Seconds without a sign of life after which a process that is waited for is ended; 0: never. */
  readonly stall: number;
};

/** Where to look for the two programs. */
export type FindOptions = {
  /** Path of ffmpeg; default: searched. */
  readonly ffmpeg?: string | undefined;
  /** Path of ffprobe; default: searched, beside ffmpeg first. */
  readonly ffprobe?: string | undefined;
  /** Environment to read FFMPEG_PATH, FFPROBE_PATH and PATH from; default none, so that only the npm packages are left. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** See {@link Ffmpeg}; default 120. */
  readonly stall?: number | undefined;
};

type Name = 'ffmpeg' | 'ffprobe';

/** Seconds in which a program has to tell its version. */
const ANSWER = 30;

// libavutil's version at each release (its APIchanges file); a build belongs to the last one that is not newer.
// biome-ignore format: a table
const RELEASES: readonly (readonly [major: number, minor: number, release: string])[] = [
  [55, 0, '3'], [56, 14, '4.0'], [56, 22, '4.1'], [56, 31, '4.2'], [56, 51, '4.3'], [56, 70, '4.4'], [57, 17, '5.0'],
  [57, 28, '5.1'], [58, 2, '6.0'], [58, 29, '6.1'], [59, 8, '7.0'], [59, 39, '7.1'], [60, 8, '8.0'], [61, 0, '9'],
];

// biome-ignore format: a table
const CONSEQUENCES: readonly (readonly [kind: 'encoders' | 'filters', name: string, consequence: string])[] = [
  ['encoders', 'libx264', 'no H.264 encoder libx264: mp4 is written with the next best one'],
  ['encoders', 'aac', 'no AAC encoder: sound that mp4 cannot hold is dropped'],
  ['encoders', 'libvpx-vp9', 'no VP9 encoder libvpx-vp9: webm cannot be written'],
  ['encoders', 'libopus', 'no Opus encoder libopus: sound that webm cannot hold is dropped'],
  ['encoders', 'gif', 'no GIF encoder: gif cannot be written'],
  ['filters', 'scale', 'no scale filter: pictures cannot be resized, use another build'],
  ['filters', 'overlay', 'no overlay filter: transparent clips cannot be read'],
  ['filters', 'zscale', 'no zscale filter: HDR clips look pale'],
  ['filters', 'palettegen', 'no palettegen filter: gifs get a fixed palette'],
];

/**
 * Finds ffmpeg and ffprobe: the option, then FFMPEG_PATH / FFPROBE_PATH, then PATH, then the optional npm packages.
 * The two may come from different places and ages. Both are needed: frame sizes, rotation and streams come from ffprobe.
 * @throws FfmpegMissingError (exit code 3) when one is not found, or when a given path does not run
 */
export const findFfmpeg = async ({ ffmpeg, ffprobe, env = {}, stall = 120 }: FindOptions = {}): Promise<Ffmpeg> => {
  const main = await findTool('ffmpeg', ffmpeg, env);
  const beside = main.origin === 'package' ? undefined : dirname(main.path);
  const [probe, codecs, filters] = await Promise.all([
    findTool('ffprobe', ffprobe, env, beside),
    codecsOf(main.path),
    filtersOf(main.path),
  ]);
  const has = { ...codecs, filters };
  const lacks = CONSEQUENCES.filter(([kind, name]) => !has[kind].has(name)).map(([, , consequence]) => consequence);
  return { ffmpeg: main, ffprobe: probe, ...has, lacks, stall };
};

/** The output options that keep every frame with its own time: `-fps_mode` from 5.1 on, `-vsync` before (removed in 9). */
export const everyFrame = ({ ffmpeg }: Ffmpeg): string[] => {
  const [major, minor] = ffmpeg.libavutil;
  return [major > 57 || (major === 57 && minor >= 28) ? '-fps_mode' : '-vsync', 'passthrough'];
};

const findTool = async (name: Name, option: string | undefined, env: NonNullable<FindOptions['env']>, beside?: string): Promise<Tool> => {
  const variable = `${name.toUpperCase()}_PATH`;
  if (option) return namedTool(name, option, 'option', `the option --${name}`);
  const named = env[variable];
  if (named) return namedTool(name, named, 'environment', variable);
  const reasons: string[] = [];
  const places = beside === undefined ? env : { PATH: [beside, env.PATH ?? env.Path ?? ''].join(delimiter) };
  for (const path of onPath(name, places)) {
    const tool = await inspect(path, 'path');
    if (typeof tool !== 'string') return tool;
    reasons.push(`${path}: ${tool}`);
  }
  const path = await packaged(name);
  if (path) {
    const tool = await inspect(path, 'package');
    if (typeof tool !== 'string') return tool;
    reasons.push(`${path}: ${tool}`);
  }
  const tried = reasons.length ? ` (${reasons.join('; ')})` : '';
  throw new FfmpegMissingError(`${name} was not found on this machine${tried}: install ffmpeg, or set ${variable} to the program`);
};

const namedTool = async (name: Name, path: string, origin: Origin, source: string): Promise<Tool> => {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, executable(name)) : path;
  const tool = await inspect(resolve(file), origin);
  if (typeof tool !== 'string') return tool;
  throw new FfmpegMissingError(`${source} names ${path}, which is no working ${name} (${tool}): give the path of the program itself`);
};

/** The tool at a path, or why it does not run. */
const inspect = async (path: string, origin: Origin): Promise<Tool | string> => {
  if (!existsSync(path)) return 'no such file';
  try {
    const { code, stdout, stderr } = await capture(path, ['-version'], { stall: ANSWER });
    const version = /^ff(?:mpeg|probe) version (\S+)/m.exec(stdout)?.[1];
    if (code !== 0 || !version) return `it does not answer to -version${stderr ? `: ${stderr.split('\n')[0]}` : ''}`;
    return { path, origin, version, ...libraries(stdout) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const libraries = (banner: string): Pick<Tool, 'release' | 'libavutil'> => {
  const found = /^libavutil\s+(\d+)\.\s*(\d+)/m.exec(banner);
  const libavutil = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)] as const;
  const release = RELEASES.findLast(([major, minor]) => libavutil[0] > major || (libavutil[0] === major && libavutil[1] >= minor))?.[2];
  return { release, libavutil };
};

/** Names of filters, from lines such as ` T.C scale   V->V   Scale the input video size`. */
const filtersOf = async (path: string): Promise<ReadonlySet<string>> => {
  const { stdout } = await capture(path, ['-hide_banner', '-filters'], { stall: ANSWER });
  return new Set([...stdout.matchAll(/^ *[A-Z.|]{2,8} +([\w-]+) /gm)].map(match => match[1]!));
};

/** What a line of `-codecs` names behind `(decoders:` or `(encoders:`; it names none where there is one, of the codec's name. */
const implementations = (kind: 'decoders' | 'encoders', codec: string, about: string): readonly string[] =>
  new RegExp(`\\(${kind}: ([^)]*)\\)`).exec(about)?.[1]?.trim().split(' ') ?? [codec];

/** What reads and writes codecs, from lines such as ` DEV.LS h264   H.264 / AVC (decoders: h264 h264_qsv ) (encoders: libx264 )`. */
const codecsOf = async (path: string): Promise<Pick<Ffmpeg, 'decoders' | 'encoders' | 'decodable'>> => {
  const { stdout } = await capture(path, ['-hide_banner', '-codecs'], { stall: ANSWER });
  const lines = [...stdout.matchAll(/^ ([D.])([E.])[A-Z.]{4} ([^\s=]+) (.*)$/gm)].map(([, d, e, codec, about]) => ({
    d,
    e,
    codec: codec!,
    about: about!,
  }));
  const decoded = lines.filter(({ d }) => d === 'D');
  const encoded = lines.filter(({ e }) => e === 'E');
  return {
    decodable: new Set(decoded.map(({ codec }) => codec)),
    decoders: new Set(decoded.flatMap(({ codec, about }) => implementations('decoders', codec, about))),
    encoders: new Set(encoded.flatMap(({ codec, about }) => implementations('encoders', codec, about))),
  };
};

const executable = (name: Name): string => (process.platform === 'win32' ? `${name}.exe` : name);

const onPath = (name: Name, env: NonNullable<FindOptions['env']>): string[] =>
  (env.PATH ?? env.Path ?? '')
    .split(delimiter)
    .filter(folder => folder !== '')
    .map(folder => join(folder, executable(name)))
    .filter(path => existsSync(path) && statSync(path).isFile());

/** The program inside an optional npm package, made executable: the package's own install script may not have run. */
const packaged = async (name: Name): Promise<string | undefined> => {
  try {
    const found = name === 'ffmpeg' ? await import('@ffmpeg-installer/ffmpeg') : await import('@ffprobe-installer/ffprobe');
    const path = found.default.path;
    try {
      accessSync(path, constants.X_OK);
    } catch {
      chmodSync(path, 0o755);
    }
    return path;
  } catch {
    return undefined; // not installed, or not made for this platform
  }
};
