// Tries an encode plan for real, on two grey frames and the first moments of the sound, into a file that is thrown away: what would fail
// after hours of drawing (an encoder that refuses the size, a container that refuses a codec, a word in --ffmpeg-args) fails before them.
import { extname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { UsageError } from '../config/errors.ts';
import { finished } from './attended.ts';
import { besides } from './beside.ts';
import type { EncodeOptions } from './encode.ts';
import { encodeArguments } from './encode-arguments.ts';
import { type EncodePlan, type PlanOptions, streamWarnings } from './encode-plan.ts';
import { FfmpegError, lastLine } from './errors.ts';
import { nutFrameHeader, nutHeader } from './nut-writer.ts';
import { fileAddress, startFfmpeg } from './process.ts';
import { encodedAnew, type StreamPlan } from './side-streams.ts';
import { openTemporaryFolder } from './temporary-folder.ts';

const MOMENTS = 0.25; // seconds

/** Streams that may be silent for long, for which ffmpeg would read the whole source; tables tell all of them. */
const isSparse = ({ stream }: StreamPlan): boolean => stream.type === 'subtitle';

/** Why a plan does not work; `undefined` where it does. */
const complaint = async (folder: string, output: string, plan: EncodePlan, options: PlanOptions): Promise<string | undefined> => {
  const { ffmpeg, width, height, signal } = options;
  const rate = options.source?.rate ?? options.rate ?? 25;
  const encoding: EncodeOptions = { ...options, times: [0, 1 / rate], range: undefined, overwrite: true };
  const tried = { ...plan, streams: plan.streams.filter(stream => !isSparse(stream)) };
  const beside = besides(tried, encoding);
  const { num, den } = beside.timeBase;
  const stdin = new PassThrough();
  stdin.on('error', () => undefined); // a broken pipe is told by `done`
  const file = join(folder, `trial${extname(output)}`);
  const running = startFfmpeg(ffmpeg.ffmpeg.path, {
    inputs: [{ source: stdin, options: ['-copyts', '-f', 'nut'] }, ...beside.inputs],
    options: [...encodeArguments(tried, beside, encoding), '-t', String(MOMENTS)],
    output: fileAddress(file),
    signal,
  });
  const grey = Buffer.alloc(width * height * 3, 128);
  stdin.write(nutHeader(width, height, { num, den }));
  for (const time of encoding.times) {
    stdin.write(nutFrameHeader(Math.max(Math.round((time * den) / num), time > 0 ? 1 : 0), grey.length));
    stdin.write(grey);
  }
  stdin.end();
  try {
    await finished(running, file, `trying to write ${output}`, ffmpeg.stall);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof FfmpegError) || error.signal !== undefined) throw error; // ended by somebody else: that says nothing of the plan
    return (telling(error.stderr) || error.message).replace(/\.$/, '');
  }
};

/** The first line of a log that names a cause; later ones tell what followed from it. */
const telling = (log: string): string => {
  const lines = log
    .split('\n')
    .filter(line => !/^Error (initializing|while opening|opening|writing|submitting|sending)|^Conversion failed|Last message/.test(line));
  return lines.length > 0 ? lastLine(lines[0]!) : lastLine(log);
};

const refused = (output: string, plan: EncodePlan, { codec, ffmpegArgs }: PlanOptions, reason: string): Error => {
  const { encoder, container, size } = plan;
  const what = `${encoder} cannot write ${size.width}x${size.height} pixels to ${output} (${container.muxer}): ${reason}`;
  const asked = [...(codec === undefined ? [] : [`--codec ${codec}`]), ...(ffmpegArgs === undefined ? [] : ['--ffmpeg-args'])];
  if (asked.length > 0) return new UsageError(`${what}; change ${asked.join(' or ')}, or the container with -o.`);
  return new FfmpegError(`${what}; give another --codec, or another container with -o`, '', reason);
};

/** What takes the place of a stream that the muxer or an encoder refused: encoded anew, or else left out. */
const instead = (plan: StreamPlan, { container }: EncodePlan, { ffmpeg }: PlanOptions, reason: string): StreamPlan[] => {
  const why = `${container.muxer} does not take it (${reason})`;
  const encoders = plan.stream.type === 'audio' ? container.audioEncoders : plan.stream.type === 'cover' ? ['png'] : [];
  const again = plan.what === 'copied' ? [encodedAnew(plan.stream, encoders, ffmpeg, why)] : [];
  return [...again.filter(({ what }) => what !== 'left out'), { stream: plan.stream, what: 'left out', why }];
};

/**
 * The plan as it works: streams that are refused in practice are encoded anew or left out, with warnings.
 * @throws UsageError or FfmpegError where the picture itself cannot be encoded so
 */
export const proveEncodePlan = async (output: string, plan: EncodePlan, options: PlanOptions): Promise<EncodePlan> => {
  const { folder, close } = await openTemporaryFolder();
  const works = (streams: readonly StreamPlan[]) => complaint(folder, output, { ...plan, streams }, options);
  try {
    const reason = await works(plan.streams);
    if (reason === undefined) return plan;
    const alone = await works([]);
    if (alone !== undefined) throw refused(output, plan, options, alone);
    const streams: StreamPlan[] = [];
    for (const stream of plan.streams) {
      const first = stream.what === 'left out' || isSparse(stream) ? undefined : await works([stream]);
      let found = stream;
      if (first !== undefined) {
        for (found of instead(stream, plan, options, first)) if (found.what === 'left out' || (await works([found])) === undefined) break;
      }
      streams.push(found);
    }
    const before = new Set(streamWarnings(plan.streams));
    const warnings = [...plan.warnings.filter(warning => !before.has(warning)), ...streamWarnings(streams)];
    const together = await works(streams);
    if (together !== undefined) throw refused(output, plan, options, together);
    return { ...plan, streams, warnings };
  } finally {
    await close();
  }
};
