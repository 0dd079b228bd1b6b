// What is told of the encode step before a frame is drawn, and whether it is what happens.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type EncodePlan, encodePlan, type PlanOptions } from '../../media/encode-plan.ts';
import { proveEncodePlan } from '../../media/encode-trial.ts';
import type { Ffmpeg } from '../../media/ffmpeg.ts';
import { probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, ffmpeg, look, reencode, subfolder } from './support.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const LAYOUTS = ['2.1', '3.0(back)', '3.1', '4.0', 'quad(side)', '4.1', '5.0(side)', '5.1(side)', '6.0', '6.1', '7.0', '7.1(wide)'];

beforeAll(() => {
  const video = '-f lavfi -i testsrc=s=64x64:r=10:d=0.5';
  const tone = '-f lavfi -i sine=d=0.5';
  ffmpeg(`${video} ${tone} -map 0 -map 1 -c:v libx264 -c:a aac {}/plain.mp4`, folder);
  ffmpeg(`${video} ${tone} -map 0 -map 1 -map 1 -c:v libx264 -c:a aac {}/two.mov`, folder);
  // the second sound track becomes one of a codec that nobody knows
  const bytes = readFileSync(at('two.mov'));
  bytes.write('apac', bytes.lastIndexOf('stsd') + 16, 'latin1');
  bytes.write('free', bytes.lastIndexOf('wave'), 'latin1');
  writeFileSync(at('unknown.mov'), bytes);
  ffmpeg('-f lavfi -i color=red:s=48x48 -frames:v 1 {}/cover.gif', folder);
  ffmpeg('-f lavfi -i color=red:s=48x48 -frames:v 1 {}/cover.png', folder);
  ffmpeg('-f lavfi -i color=red:s=48x48 -frames:v 1 {}/cover.tiff', folder);
  for (const kind of ['gif', 'png', 'tiff']) {
    ffmpeg(
      `-i {}/plain.mp4 -attach {}/cover.${kind} -metadata:s:t mimetype=image/${kind} ` +
        `-metadata:s:t filename=cover.${kind} -c copy {}/${kind}.mkv`,
      folder,
    );
  }
  ffmpeg('-i {}/plain.mp4 -attach {}/cover.gif -metadata:s:t mimetype=application/strange -c copy {}/attached.mkv', folder);
  for (const [i, layout] of LAYOUTS.entries()) {
    ffmpeg(`${video} -f lavfi -i anullsrc=cl=${layout}:r=48000 -t 0.5 -c:v libx264 -c:a pcm_s16le {}/layout${i}.mov`, folder);
  }
  ffmpeg(
    `${video} -f lavfi -i color=s=32x24:r=1:d=1 -map 1 -map 0 -c:v:0 mjpeg -c:v:1 libx264 ` +
      '-disposition:v:0 default -disposition:v:1 0 {}/thumbnail.mp4',
    folder,
  );
});

const prove = async (file: string, output: string, tools: Ffmpeg, more: Partial<PlanOptions> = {}): Promise<EncodePlan> => {
  const options = { ffmpeg: tools, source: await probe(at(file), tools), width: 64, height: 64, crf: 30, audio: true, ...more };
  return proveEncodePlan(output, encodePlan(output, options), options);
};

const told = ({ streams }: EncodePlan): string[] =>
  streams.map(({ stream, what }) => `${stream.type} ${typeof what === 'string' ? what : what.encoder}`);

for (const { name, tools, why } of BINARIES) {
  describe.skipIf(!tools)(`the plan of encoding with the ${name} ffmpeg (${why || 'present'})`, () => {
    const refused: readonly (readonly [output: string, more: Partial<PlanOptions>, words: RegExp])[] = [
      ['x.png', {}, /no ending that names a container/],
      ['x_%04d.png', {}, /no ending that names a container/],
      ['x.mp4', { codec: 'nosuch' }, /--codec nosuch is no encoder/],
      ['x.mp4', { codec: 'aac' }, /aac cannot write 64x64 pixels to x\.mp4.*--codec aac/],
      ['x.mov', { codec: 'libvpx-vp9' }, /libvpx-vp9 cannot write.*mov.*change --codec libvpx-vp9, or the container/],
      ['x.webm', { codec: 'libx264' }, /Only VP8 or VP9.*change --codec libx264/],
      ['x.mp4', { ffmpegArgs: '-nosuch 1' }, /change --ffmpeg-args/],
      ['x.mp4', { ffmpegArgs: '-pix_fmt nosuch' }, /change --ffmpeg-args/],
      ['x.mp4', { preset: 'nosuch' }, /cannot write/],
    ];
    for (const [output, more, words] of refused) {
      it(`refuses ${output} ${JSON.stringify(more)} before anything is drawn`, async () => {
        await expect(prove('plain.mp4', output, tools!, more)).rejects.toThrow(words);
      });
    }

    it('leaves nothing behind', async () => {
      const before = readdirSync(tmpdir()).filter(entry => entry.startsWith('rerender-trial-'));
      await prove('plain.mp4', 'x.mp4', tools!);
      await prove('plain.mp4', 'x.mp4', tools!, { codec: 'aac' }).catch(() => undefined);
      expect(readdirSync(tmpdir()).filter(entry => entry.startsWith('rerender-trial-'))).toEqual(before);
    });

    it('tells what becomes of each stream, and does so', async () => {
      const place = subfolder(folder);
      for (const [file, output, plan, codecs] of [
        ['plain.mp4', 'a.mp4', ['audio copied'], ['h264', 'aac']],
        ['plain.mp4', 'a.webm', ['audio libopus'], ['vp9', 'opus']],
        ['plain.mp4', 'a.gif', ['audio left out'], ['gif']],
        ['unknown.mov', 'b.mov', ['audio copied', 'audio left out'], ['h264', 'aac']],
        ['unknown.mov', 'b.mkv', ['audio copied', 'audio left out'], ['h264', 'aac']],
        ['unknown.mov', 'b.webm', ['audio libopus', 'audio left out'], ['vp9', 'opus']],
        ['gif.mkv', 'c.mp4', ['audio copied', 'cover png'], ['h264', 'aac', 'png']],
        ['png.mkv', 'd.mp4', ['audio copied', 'cover copied'], ['h264', 'aac', 'png']],
        ['tiff.mkv', 'e.mp4', ['audio copied', 'cover png'], ['h264', 'aac', 'png']],
        ['gif.mkv', 'f.mov', ['audio copied', 'cover left out'], ['h264', 'aac']],
        ['attached.mkv', 'h.mkv', ['audio copied', 'attachment copied'], ['h264', 'aac', undefined]],
        ['attached.mkv', 'h.mp4', ['audio copied', 'attachment left out'], ['h264', 'aac']],
        ['thumbnail.mp4', 'g.mp4', ['thumbnail left out'], ['h264']],
      ] as const) {
        const proven = await prove(file, output, tools!);
        expect(told(proven), `${file} ${output}`).toEqual(plan);
        expect(proven.warnings).toHaveLength(plan.filter(word => !word.endsWith('copied')).length);
        await reencode(at(file), join(place, output), tools!, { plan: proven });
        expect(
          look(join(place, output)).streams.map(stream => stream.codec_name),
          `${file} ${output}`,
        ).toEqual(codecs);
      }
    });

    it('brings every layout to one that Opus takes', async () => {
      const place = subfolder(folder);
      for (const [i, layout] of LAYOUTS.entries()) {
        const proven = await prove(`layout${i}.mov`, 'x.webm', tools!);
        expect(told(proven), layout).toEqual(['audio libopus']);
        const { encodeWarnings } = await reencode(at(`layout${i}.mov`), join(place, `${i}.webm`), tools!);
        if (layout !== '6.1') expect(encodeWarnings[0], layout).toContain(`${layout} becomes`);
        const sound = look(join(place, `${i}.webm`)).streams[1]!;
        expect(Number(sound.channels), layout).toBeGreaterThanOrEqual(Number.parseInt(layout, 10) || 4);
      }
    });

    it('finds the film beside a thumbnail that is marked as the default', async () => {
      const { video, streams } = await probe(at('thumbnail.mp4'), tools!);
      expect(video).toMatchObject({ codec: 'h264', codedWidth: 64, frames: 5 });
      expect(streams).toMatchObject([{ index: 0, type: 'thumbnail' }]);
    });
  });
}
