// A clip decoded and encoded again keeps its frames, their times, and everything beside the picture.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, ffmpeg, look, reencode, type Seen, type Stream, subfolder } from './support.ts';

type Case = {
  readonly name: string;
  /** ffmpeg arguments that make the clip, `{}` is the folder; several commands are run in turn. The last one makes `source`. */
  readonly make: readonly string[];
  readonly source: string;
  /** Name of the result; default out.mp4. */
  readonly output?: string;
  /** Frame count and size of the result as shown by a viewer. */
  readonly frames: number;
  readonly size: readonly [width: number, height: number];
  /** The codecs of the result's streams behind the picture, in order. */
  readonly beside?: readonly string[];
  /** Bitstream filter that the container's change implies; `false`: sound is encoded anew. */
  readonly sound?: false | string;
  /** Warnings of the encoder, in order. */
  readonly warnings?: readonly RegExp[];
  readonly check?: (result: Seen) => void;
};

const VIDEO = (seconds: number, size = '96x64', rate = '25') => `-f lavfi -i testsrc=s=${size}:r=${rate}:d=${seconds}`;
const TONE = (seconds: number) => `-f lavfi -i sine=r=44100:d=${seconds}`;
const X264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p';
const AAC = '-c:a aac -b:a 64k';
// frames 0, 1, 2, 5, 6, 7, 10 ... of 30 a second: uneven steps
const UNEVEN = '-vf select=lt(mod(n\\,5)\\,3)';
const SRT = '1\n00:00:00,100 --> 00:00:00,400\nfirst\n\n2\n00:00:00,500 --> 00:00:00,900\nsecond\n';
const CHAPTERS =
  ';FFMETADATA1\ntitle=A title\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=one\n' +
  '[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=two\n';

const CASES: readonly Case[] = [
  {
    name: 'mp4 with sound, title and languages',
    make: [`${VIDEO(1)} ${TONE(1)} ${X264} ${AAC} -metadata title=Title -metadata:s:a language=fra {}/in.mp4`],
    source: 'in.mp4',
    frames: 25,
    size: [96, 64],
    beside: ['aac'],
    check: ({ format, streams }) => {
      expect(format.tags?.title).toBe('Title');
      expect(streams[1]?.tags?.language).toBe('fra');
    },
  },
  {
    name: 'mov with PCM sound stays mov',
    make: [`${VIDEO(0.6)} ${TONE(0.6)} ${X264} -c:a pcm_s16le {}/in.mov`],
    source: 'in.mov',
    output: 'out.mov',
    frames: 15,
    size: [96, 64],
    beside: ['pcm_s16le'],
  },
  {
    name: 'mov with PCM sound to mp4: sound encoded anew',
    make: [`${VIDEO(0.6)} ${TONE(0.6)} ${X264} -c:a pcm_s16le {}/in.mov`],
    source: 'in.mov',
    frames: 15,
    size: [96, 64],
    beside: ['aac'],
    sound: false,
    warnings: [/pcm_s16le.*encoded anew as aac/],
  },
  {
    name: 'mkv with subtitles and chapters',
    make: [
      `${VIDEO(1)} ${TONE(1)} -i {}/in.srt -i {}/in.meta -map 0 -map 1 -map 2 -map_metadata 3 -map_chapters 3 ` +
        `${X264} ${AAC} -c:s srt -metadata:s:s language=deu {}/in.mkv`,
    ],
    source: 'in.mkv',
    output: 'out.mkv',
    frames: 25,
    size: [96, 64],
    beside: ['aac', 'subrip'],
    check: ({ format, streams, chapters }) => {
      expect(format.tags?.title).toBe('A title');
      expect(streams[2]?.tags?.language).toBe('deu');
      expect(chapters.map(chapter => [Number(chapter.start_time), chapter.tags?.title])).toEqual([
        [0, 'one'],
        [0.5, 'two'],
      ]);
    },
  },
  {
    name: 'mkv to mp4: subtitles become mov_text',
    make: [`${VIDEO(1)} ${TONE(1)} -i {}/in.srt -map 0 -map 1 -map 2 ${X264} ${AAC} -c:s srt {}/in.mkv`],
    source: 'in.mkv',
    frames: 25,
    size: [96, 64],
    beside: ['aac', 'mov_text'],
    warnings: [/subrip.*mov_text/],
  },
  {
    name: 'mp4 with mov_text',
    make: [`${VIDEO(1)} ${TONE(1)} -i {}/in.srt -map 0 -map 1 -map 2 ${X264} ${AAC} -c:s mov_text -metadata:s:s language=spa {}/in.mp4`],
    source: 'in.mp4',
    frames: 25,
    size: [96, 64],
    beside: ['aac', 'mov_text'],
    check: ({ streams }) => expect(streams[2]?.tags?.language).toBe('spa'),
  },
  {
    name: 'mp4 to mkv',
    make: [`${VIDEO(0.6)} ${TONE(0.6)} ${X264} ${AAC} {}/in.mp4`],
    source: 'in.mp4',
    output: 'out.mkv',
    frames: 15,
    size: [96, 64],
    beside: ['aac'],
  },
  {
    name: 'mkv with FLAC to mp4',
    make: [`${VIDEO(0.6)} ${TONE(0.6)} ${X264} -c:a flac {}/in.mkv`],
    source: 'in.mkv',
    frames: 15,
    size: [96, 64],
    beside: ['flac'],
  },
  {
    name: 'webm, VP8 and Opus',
    make: [`${VIDEO(0.6)} ${TONE(0.6)} -c:v libvpx -b:v 300k -c:a libopus {}/in.webm`],
    source: 'in.webm',
    output: 'out.webm',
    frames: 15,
    size: [96, 64],
    beside: ['opus'],
  },
  {
    name: 'webm to mp4: Opus sound',
    make: [`${VIDEO(0.6)} ${TONE(0.6)} -c:v libvpx-vp9 -deadline realtime -c:a libopus {}/in.webm`],
    source: 'in.webm',
    frames: 15,
    size: [96, 64],
    beside: ['opus'],
  },
  { name: 'gif to mp4', make: [`${VIDEO(0.5, '96x64', '10')} {}/in.gif`], source: 'in.gif', frames: 5, size: [96, 64] },
  { name: 'gif to gif', make: [`${VIDEO(0.5, '96x64', '10')} {}/in.gif`], source: 'in.gif', output: 'out.gif', frames: 5, size: [96, 64] },
  {
    name: 'avi',
    make: [`${VIDEO(0.6)} ${TONE(0.6)} -c:v mpeg4 -c:a libmp3lame {}/in.avi`],
    source: 'in.avi',
    output: 'out.mp4',
    frames: 15,
    size: [96, 64],
    beside: ['mp3'],
  },
  {
    name: 'uneven frame times in mp4',
    make: [`${VIDEO(1, '96x64', '30')} ${TONE(1)} ${UNEVEN} {times} ${X264} ${AAC} {}/in.mp4`],
    source: 'in.mp4',
    frames: 18,
    size: [96, 64],
    beside: ['aac'],
  },
  {
    name: 'uneven frame times in mkv, ticks of 1 ms',
    make: [`${VIDEO(1, '96x64', '30')} ${UNEVEN} {times} ${X264} {}/in.mkv`],
    source: 'in.mkv',
    frames: 18,
    size: [96, 64],
  },
  {
    name: 'odd size to mp4: even',
    make: [`${VIDEO(0.2, '541x303')} -c:v libx264 -pix_fmt yuv444p -preset ultrafast {}/in.mp4`],
    source: 'in.mp4',
    frames: 5,
    size: [540, 302],
    warnings: [/541x303 becomes 540x302/],
  },
  {
    name: 'odd size to webm: kept',
    make: [`${VIDEO(0.2, '541x303')} -c:v libx264 -pix_fmt yuv444p -preset ultrafast {}/in.mp4`],
    source: 'in.mp4',
    output: 'out.webm',
    frames: 5,
    size: [541, 303],
  },
  {
    name: 'one frame, shown for its time',
    make: [`${VIDEO(0.04)} ${X264} {}/in.mp4`],
    source: 'in.mp4',
    frames: 1,
    size: [96, 64],
    check: ({ format }) => expect(Number(format.duration)).toBeCloseTo(0.04, 3),
  },
  { name: 'no sound', make: [`${VIDEO(0.4)} ${X264} {}/in.mp4`], source: 'in.mp4', frames: 10, size: [96, 64] },
  {
    name: 'sound longer than the picture',
    make: [`${VIDEO(0.4)} ${TONE(2)} ${X264} ${AAC} {}/in.mp4`],
    source: 'in.mp4',
    frames: 10,
    size: [96, 64],
    beside: ['aac'],
  },
  {
    name: 'picture longer than the sound',
    make: [`${VIDEO(1)} ${TONE(0.3)} ${X264} ${AAC} {}/in.mp4`],
    source: 'in.mp4',
    frames: 25,
    size: [96, 64],
    beside: ['aac'],
  },
  {
    name: 'sound that starts later',
    make: [`${VIDEO(1)} -itsoffset 0.4 ${TONE(0.5)} ${X264} ${AAC} {}/in.mp4`],
    source: 'in.mp4',
    frames: 25,
    size: [96, 64],
    beside: ['aac'],
  },
  {
    name: 'picture that starts later',
    make: [`-itsoffset 0.4 ${VIDEO(0.4)} ${TONE(1)} {times} ${X264} ${AAC} {}/in.mp4`],
    source: 'in.mp4',
    frames: 10,
    size: [96, 64],
    beside: ['aac'],
  },
  {
    name: '30000/1001 frames a second',
    make: [`${VIDEO(1, '96x64', '30000/1001')} ${TONE(1)} ${X264} ${AAC} {}/in.mp4`],
    source: 'in.mp4',
    frames: 30,
    size: [96, 64],
    beside: ['aac'],
    check: ({ streams }) => expect(streams[0]?.r_frame_rate).toBe('30000/1001'),
  },
  {
    name: 'MPEG-TS, whose clock starts anywhere',
    make: [`${VIDEO(1)} ${TONE(1)} ${X264} ${AAC} {}/in.ts`],
    source: 'in.ts',
    frames: 25,
    size: [96, 64],
    beside: ['aac'],
    sound: 'aac_adtstoasc',
  },
  {
    name: 'two sound tracks',
    make: [
      `${VIDEO(0.6)} ${TONE(0.6)} -f lavfi -i sine=f=880:d=0.6 -map 0 -map 1 -map 2 ${X264} ${AAC} ` +
        '-metadata:s:a:0 language=eng -metadata:s:a:1 language=jpn {}/in.mp4',
    ],
    source: 'in.mp4',
    frames: 15,
    size: [96, 64],
    beside: ['aac', 'aac'],
    check: ({ streams }) => expect(streams.slice(1).map(stream => stream.tags?.language)).toEqual(['eng', 'jpn']),
  },
  {
    name: 'cover art beside the picture',
    make: [
      `${VIDEO(0.04, '32x32')} -frames:v 1 {}/cover.png`,
      `${VIDEO(0.4)} ${TONE(0.4)} -i {}/cover.png -map 0 -map 1 -map 2 ${X264} -c:v:1 copy ${AAC} -disposition:v:1 attached_pic {}/in.mp4`,
    ],
    source: 'in.mp4',
    frames: 10,
    size: [96, 64],
    beside: ['aac', 'png'],
  },
];

/** What a viewer sees: the frames of the first stream that is no cover, sound by sound track. */
const videoOf = ({ streams }: Seen): Stream => streams.find(s => s.codec_type === 'video' && s.disposition?.attached_pic !== 1)!;
const soundOf = ({ streams }: Seen): number[] => streams.filter(s => s.codec_type === 'audio').map(s => Number(s.index));

const shownSize = (stream: Stream): [number, number] => {
  const turned = Math.abs(Number(stream.side_data_list?.find(data => data.rotation !== undefined)?.rotation ?? 0)) % 180 === 90;
  const size: [number, number] = [Number(stream.width), Number(stream.height)];
  return turned ? [size[1], size[0]] : size;
};

const expectTimes = (got: readonly number[], wanted: readonly number[]): void => {
  expect(got.length).toBe(wanted.length);
  expect(Math.max(...got.map((time, i) => Math.abs(time - wanted[i]!)))).toBeLessThanOrEqual(0.001);
};

const root = temporaryFolder();
const made = new Map<string, { folder: string; source: string; before: Seen }>();

/** Makes a case's clip, once for both binaries. */
const prepared = ({ make, source }: Pick<Case, 'make' | 'source'>) => {
  const key = [...make, source].join('\n');
  const known = made.get(key);
  if (known) return known;
  const folder = subfolder(root);
  writeFileSync(join(folder, 'in.srt'), SRT);
  writeFileSync(join(folder, 'in.meta'), CHAPTERS);
  for (const command of make) ffmpeg(command, folder);
  const clip = { folder, source: join(folder, source), before: look(join(folder, source)) };
  made.set(key, clip);
  return clip;
};

for (const { name: binary, tools } of BINARIES) {
  describe.skipIf(!tools)(`${binary} ffmpeg`, () => {
    it.each(CASES)('$name', async test => {
      const { folder, source, before } = prepared(test);
      const output = join(folder, `${binary}-${test.output ?? 'out.mp4'}`);
      const { info, frames, encodeWarnings } = await reencode(source, output, tools!);
      const after = look(output);
      const origin = test.source.endsWith('.ts') ? Number(before.format.start_time) : 0;
      const wanted = before.times(Number(videoOf(before).index)).map(time => time - origin);
      expect(frames.length).toBe(test.frames);
      expectTimes(
        frames.map(frame => frame.time),
        wanted,
      );
      expectTimes(after.times(0), wanted);
      expect(after.dropped(0)).toBe(0);
      expect(shownSize(videoOf(after))).toEqual(test.size);
      expect(after.streams.slice(1).map(stream => stream.codec_name)).toEqual(test.beside ?? []);
      expect(encodeWarnings).toEqual((test.warnings ?? []).map(pattern => expect.stringMatching(pattern)));
      for (const [n, track] of soundOf(after).entries()) {
        const original = soundOf(before)[n]!;
        const moved = after.times(track)[0]! - (before.times(original)[0]! - origin);
        expect(Math.abs(moved)).toBeLessThanOrEqual(test.sound === false ? 0.03 : 0.001);
        if (test.sound === undefined) expect(after.packets(track)).toEqual(before.packets(original));
        if (test.sound === false) expect(Number(after.format.duration)).toBeCloseTo(info.duration!, 1);
        else if (test.sound) {
          const unwrapped = join(folder, 'unwrapped.mp4');
          ffmpeg(`-i ${source} -map 0:a -c copy -bsf:a ${test.sound} ${unwrapped}`);
          expect(after.packets(track)).toEqual(look(unwrapped).packets(0));
        }
      }
      test.check?.(after);
    });
  });
}
