// Precision and recall of cuts and dissolves on clips cut together from a folder of clips: npx tsx bench/shots.ts FOLDER [SEEDS]
// Each seed makes one clip of 40 parts: random pieces joined by cuts, dissolves, flashes within a piece, fast pans,
// and shots of one and two frames.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sequence } from '../examples/scene/noise.ts';
import { decodeFrames } from '../media/decode.ts';
import { findFfmpeg } from '../media/ffmpeg.ts';
import type { Picture } from '../media/frame.ts';
import { probe } from '../media/probe.ts';
import { surveyFrames } from '../stages/shots/survey.ts';

const SIZE = { width: 168, height: 96 };
const [folder = 'examples', seeds = '5'] = process.argv.slice(2);
const PARTS = 40;

/** What truly happens at a frame: a cut, or a dissolve that is over there. */
type Event = { readonly kind: 'cut' | 'short shot' | 'dissolve'; readonly from: number; readonly frame: number };
type Made = { readonly frames: Picture[]; readonly events: Event[]; readonly decoys: { kind: string; from: number; to: number }[] };

const load = async (): Promise<Picture[][]> => {
  const ffmpeg = await findFfmpeg({ env: process.env });
  const files = readdirSync(folder).filter(name => /\.(mp4|mkv|mov|webm|avi)$/i.test(name));
  return Promise.all(
    files.map(async name => {
      const info = await probe(join(folder, name), ffmpeg);
      const frames: Picture[] = [];
      for await (const { width, height, data } of decodeFrames(info, { ffmpeg, ...SIZE })) frames.push({ width, height, data });
      return frames;
    }),
  );
};

const mix = (a: Picture, b: Picture, t: number): Picture => ({ ...a, data: a.data.map((v, p) => Math.round(v + t * (b.data[p]! - v))) });
const lit = (a: Picture, gain: number): Picture => ({ ...a, data: a.data.map(v => Math.min(255, v + gain * (255 - v))) });

/** The picture moved sideways by `dx` pixels, what leaves comes back mirrored: an endless pan. */
const panned = (a: Picture, dx: number): Picture => ({
  ...a,
  data: a.data.map((_, p) => {
    const x = (Math.floor(p / 3) % a.width) + dx;
    const period = 2 * a.width;
    const m = ((x % period) + period) % period;
    const row = p - (p % (3 * a.width));
    return a.data[row + 3 * (m < a.width ? m : period - 1 - m) + (p % 3)]!;
  }),
});

const make = (clips: readonly Picture[][], seed: number): Made => {
  const next = sequence(seed);
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const made: Made = { frames: [], events: [], decoys: [] };
  let clip = -1;
  /** A run of one clip, not the one before, and what it would have gone on with. */
  const piece = (length: number, more = 0): Picture[] => {
    clip = (clip + int(1, Math.max(1, clips.length - 1))) % clips.length;
    const frames = clips[clip]!;
    const first = int(0, Math.max(0, frames.length - length - more));
    return frames.slice(first, first + length + more);
  };
  for (let part = 0; part < PARTS; part++) {
    const kind = part === 0 ? 0 : int(0, 9);
    const at = made.frames.length;
    if (kind === 1 && part > 0) {
      const length = int(8, 26);
      const frames = piece(int(20, 50), length);
      const last = made.frames.at(-1)!; // the old shot goes on as a still, the new one moves
      for (let n = 1; n <= length; n++) made.frames.push(mix(last, frames[n - 1]!, n / (length + 1)));
      made.events.push({ kind: 'dissolve', from: at, frame: at + length });
      made.frames.push(...frames.slice(length));
      continue;
    }
    const short = kind === 2;
    const frames = piece(short ? int(1, 2) : int(18, 60));
    if (part > 0) made.events.push({ kind: short ? 'short shot' : 'cut', from: at, frame: at });
    if (kind === 3) {
      const flash = int(5, frames.length - 6);
      const width = int(1, 2);
      for (let n = 0; n < width; n++) frames[flash + n] = lit(frames[flash + n]!, 0.85);
      made.decoys.push({ kind: 'flash', from: at + flash, to: at + flash + width });
    }
    if (kind === 4) {
      const speed = int(6, 22); // pixels of 168 a frame
      frames.splice(0, frames.length, ...frames.map((frame, n) => panned(frame, speed * Math.max(0, n - 5))));
      made.decoys.push({ kind: 'pan', from: at + 5, to: at + frames.length - 1 });
    }
    made.frames.push(...frames);
  }
  return made;
};

const clips = await load();
const count = new Map<string, { true: number; found: number }>();
const tally = (kind: string, found: boolean): void => {
  const old = count.get(kind) ?? { true: 0, found: 0 };
  count.set(kind, { true: old.true + 1, found: old.found + (found ? 1 : 0) });
};
let [reported, right] = [0, 0];
const wrong: string[] = [];
for (let seed = 1; seed <= Number(seeds); seed++) {
  const { frames, events, decoys } = make(clips, seed);
  const { cuts, dissolves } = await surveyFrames(frames);
  const fits = (cut: number, { kind, from, frame }: Event): boolean =>
    kind === 'dissolve' ? cut > from && cut <= frame + 2 : cut === frame;
  for (const event of events)
    tally(
      event.kind,
      cuts.some(cut => fits(cut, event)),
    );
  for (const cut of cuts) {
    reported++;
    if (events.some(event => fits(cut, event))) right++;
    else {
      const decoy = decoys.find(({ from, to }) => cut >= from - 1 && cut <= to + 1);
      const near = events.find(({ from, frame }) => cut >= from - 3 && cut <= frame + 3);
      const place = decoy ? `in a ${decoy.kind}` : near ? `near a ${near.kind}` : 'in a piece';
      wrong.push(`${seed}:${cut} ${place}${dissolves.some(d => d.last + 1 === cut) ? ', as a dissolve' : ''}`);
    }
  }
  for (const { kind, from, to } of decoys) tally(`${kind} passed over`, !cuts.some(cut => cut >= from && cut <= to));
}
console.log(`${clips.length} clips of ${folder}, ${seeds} seeds of ${PARTS} parts`);
for (const [kind, { true: of, found }] of count) console.log(`${kind.padEnd(20)} ${found} of ${of}, ${((100 * found) / of).toFixed(1)} %`);
console.log(`precision of all that begins a shot: ${right} of ${reported}, ${((100 * right) / reported).toFixed(1)} %`);
for (const line of wrong) console.log(`  wrong ${line}`);
