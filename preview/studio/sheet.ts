// FreeU at a glance, of one frame: a sheet over its factors, and the spectra of what it changes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OPTION_NAMES } from '../../config/layers.ts';
import type { PartialOptions } from '../../config/options.ts';
import { isAskedFor } from '../../config/origin.ts';
import { readBy } from '../../config/unread.ts';
import { type Cell, contactSheetPng } from '../../media/contact-sheet.ts';
import { shrinkPicture, writePng } from '../../media/picture.ts';
import { openTemporaryFolder } from '../../media/temporary-folder.ts';
import { generate } from '../../pipeline/jobs/generate/generate.ts';
import { type Request, settledOf } from '../../pipeline/session/request.ts';
import { type Drawing, drawFrame } from './draw.ts';
import type { Work } from './work.ts';

const BACKBONE = [1, 1.2, 1.4, 1.6];
const SKIP = [0.2, 0.6, 1];
const WIDTH = 320; // pixels of a picture on the sheet

export type SheetJob = Omit<Drawing, 'tell' | 'request'> & {
  again(changes: PartialOptions, use: (work: Work) => Promise<void>): Promise<void>;
  readonly onCell: (done: number, total: number) => void;
};

/** The frame under every pair of factors b (b1 and b2) and s (s1 and s2): columns b, rows s; a PNG. */
export const freeuSheet = async ({ again, onCell, ...drawing }: SheetJob): Promise<Buffer> => {
  const pairs = SKIP.flatMap(s => BACKBONE.map(b => ({ b, s })));
  const cells: Cell[] = [];
  for (const { b, s } of pairs) {
    await again({ freeu: { b1: b, b2: b, s1: s, s2: s } }, async work => {
      const picture = await drawFrame(work, { ...drawing, request: 0, tell: () => undefined });
      cells.push({ label: `b ${b}  s ${s}`, picture: await shrinkPicture(picture, WIDTH) });
    });
    onCell(cells.length, pairs.length);
  }
  return contactSheetPng(cells, { columns: BACKBONE.length });
};

/** The options of a request that drawing a picture from a prompt reads, too. */
const drawingOf = async (request: Request): Promise<PartialOptions> => {
  const { options, origins } = await settledOf(request);
  const read = readBy('pictures');
  const names = OPTION_NAMES.filter(name => read.includes(name) && isAskedFor(origins[name]) && !['output', 'overwrite'].includes(name));
  return Object.fromEntries(names.map(name => [name, options[name]]));
};

/** Fourier analysis of the U-Net's features while it draws the frame, with and without FreeU; a drawing as SVG. */
export const freeuSpectrum = async (
  { request, job: { session, options }, from }: Work,
  frame: number,
  signal: AbortSignal,
): Promise<Buffer> => {
  const { folder, close } = await openTemporaryFolder();
  try {
    const init = join(folder, 'frame.png');
    for await (const picture of session.source.frames(session.source.size, { only: [frame - from], purpose: 'the spectrum' })) {
      await writePng(init, picture);
    }
    const freeuSpectrum = join(folder, 'spectrum.svg');
    const { freeu, style } = options;
    await generate({ ...(await drawingOf(request)), style, freeu, init, freeuSpectrum, output: join(folder, 'picture.png'), signal });
    return await readFile(freeuSpectrum);
  } finally {
    await close();
  }
};
