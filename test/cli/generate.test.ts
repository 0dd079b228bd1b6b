// `rerender generate` with the embedded models: pictures, grids of seeds, sweeps over FreeU.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPicture, writePng } from '../../media/picture.ts';
import { withPngText } from '../../media/png-text.ts';
import { type Event, type GenerateRequest, generate, planRun } from '../../pipeline/index.ts';
import type { FreeUSpectra } from '../../pipeline/jobs/generate/spectra.ts';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const out = (name: string) => join(folder, name);
const source = out('source.png');
beforeAll(() => {
  const data = Uint8Array.from({ length: 150 * 100 * 3 }, (_, i) => (i * 7 + Math.floor(i / 450) * 3) % 256);
  return writePng(source, { width: 150, height: 100, data });
});

const draw = async (name: string, more: GenerateRequest = {}) => {
  const result = await generate({
    model: 'rerender-mini',
    style: 'a watercolor painting of a boat',
    size: 128,
    steps: 2,
    device: 'cpu',
    workDir: out('work'),
    output: out(name),
    overwrite: true,
    ...more,
  });
  return { result, picture: await readPicture(out(name)) };
};
const pixels = async (name: string) => (await readPicture(out(name))).data;

/** Texts of a PNG by keyword. */
const texts = (file: string): Record<string, string> => {
  const bytes = readFileSync(file);
  const found: Record<string, string> = {};
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const data = bytes.subarray(at + 8, at + 8 + length);
    const zero = data.indexOf(0);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'tEXt') found[data.toString('latin1', 0, zero)] = data.toString('latin1', zero + 1);
    if (type === 'iTXt') found[data.toString('latin1', 0, zero)] = data.toString('utf8', zero + 5);
    at += 12 + length;
  }
  return found;
};

describe('a picture', () => {
  test('is of the size asked for, tells what it was drawn with, and is the same again without what was kept', async () => {
    const steps: number[] = [];
    const onEvent = (event: Event) => event.type === 'progress' && steps.push(event.done);
    const { picture, result } = await draw('a.png', { width: 136, height: 96, seed: 7, negativePrompt: 'grey, dull', onEvent });
    expect([picture.width, picture.height]).toEqual([136, 96]);
    const freeuRow = { row: 'model', why: 'as the model recommends' };
    expect(result).toMatchObject({ output: out('a.png'), pictures: 1, seed: 7, freeuRow });
    expect(steps).toEqual([1, 2]);
    expect(texts(out('a.png')).parameters).toMatch(
      /^a watercolor painting of a boat\nNegative prompt: grey, dull\nSteps: 2, Sampler: DDIM, Schedule type: Uniform, CFG scale: 1, Seed: 7, Size: 136x96, Model: rerender-mini, FreeU Stages: "\[\{.*, FreeU Version: 2, FreeU: "1.1,1.2,1,0.9", FreeU layers: blocks, FreeU order: before-control, Version: rerender \d/,
    );
    const again = await draw('b.png', { width: 136, height: 96, seed: 7, negativePrompt: 'grey, dull', cache: false, workDir: undefined });
    expect(again.picture.data).toEqual(picture.data);
    const other = await draw('c.png', { width: 136, height: 96, seed: 8, negativePrompt: 'grey, dull' });
    expect(other.picture.data).not.toEqual(picture.data);
  });

  test('says nothing of itself where metadata are off, and writes prompts in any script', async () => {
    await draw('quiet.png', { metadata: false });
    expect(texts(out('quiet.png'))).toEqual({});
    await draw('kanji.png', { style: '水彩 boat' });
    expect(texts(out('kanji.png')).parameters).toMatch(/^水彩 boat\nSteps: 2/);
  });

  test('FreeU at 1,1,1,1 is FreeU off, to the bit', async () => {
    const off = await draw('off.png', { freeu: 'off' });
    const one = await draw('one.png', { freeu: { b1: 1, b2: 1, s1: 1, s2: 1 } });
    const on = await draw('on.png', { freeu: { b1: 1.4, b2: 1.4, s1: 0.5, s2: 0.2 } });
    expect(one.picture.data).toEqual(off.picture.data);
    expect(on.picture.data).not.toEqual(off.picture.data);
  });

  test('guidance by bands is plain guidance at equal weights, to the bit, and another picture at others', async () => {
    const plain = await draw('plain-cfg.png', { cfgScale: 3 });
    expect((await draw('equal-cfg.png', { cfgScale: 2, cfgLow: 3, cfgHigh: 3 })).picture.data).toEqual(plain.picture.data);
    expect((await draw('bands.png', { cfgScale: 3, cfgHigh: 6 })).picture.data).not.toEqual(plain.picture.data);
    await expect(draw('none.png', { cfgScale: 1, cfgHigh: 6 })).rejects.toThrow(/give one of more than 1/);
  });

  test('begins at --init, whose shape it keeps or is cut from; its ControlNet sees it', async () => {
    const kept = await draw('kept.png', { init: source, size: 96 });
    expect([kept.picture.width, kept.picture.height]).toEqual([144, 96]);
    expect(texts(out('kept.png')).parameters).toContain('Denoising strength: 1');
    const cut = await draw('cut.png', { init: source, width: 96, height: 96, control: ['none'] });
    expect([cut.picture.width, cut.picture.height]).toEqual([96, 96]);
    const controlled = await draw('controlled.png', { init: source, width: 96, height: 96, control: ['tile'] });
    expect(controlled.picture.data).not.toEqual(cut.picture.data);
  });

  test('a strength between two steps has a picture of its own where steps are spread; a PNG says which, or has whole ones', async () => {
    const at = async (strength: number, strengthSteps: 'whole' | 'spread') =>
      (await draw(`${strength}-${strengthSteps}.png`, { init: source, strength, strengthSteps })).picture.data;
    expect(await at(0.6, 'whole')).toEqual(await at(0.5, 'whole'));
    expect(await at(0.5, 'spread')).toEqual(await at(0.5, 'whole'));
    const between = await at(0.6, 'spread');
    expect(between).not.toEqual(await at(0.5, 'spread'));
    const advised = await draw('advised-strength.png', { init: source, strength: 0.6 }); // the embedded model's recommendation
    expect(advised.picture.data).toEqual(between);
    for (const how of ['whole', 'spread'] as const) {
      const again = { init: source, fromPng: out(`0.6-${how}.png`), steps: undefined, size: undefined, style: undefined };
      expect((await draw('again-strength.png', again)).picture.data).toEqual(await at(0.6, how));
    }
    const silent = out('silent.png'); // as the web UI writes it, and as this program did
    const said = 'a watercolor painting of a boat\nSteps: 2, Sampler: DDIM, CFG scale: 1, Seed: 42, Denoising strength: 0.6';
    writeFileSync(silent, withPngText(readFileSync(source), 'parameters', said));
    const told = { init: source, fromPng: silent, size: 128, steps: undefined, style: undefined, freeu: 'auto' } as const;
    expect((await draw('again-silent.png', told)).picture.data).toEqual(await at(0.6, 'whole'));
  });

  test('a second style is drawn over the picture in the first, as if that had been given with --init', async () => {
    const ink = {
      init: source,
      style: 'a pencil drawing',
      strength: 0.6,
      firstCfgScale: 1,
      firstAgain: 0,
      secondAgain: 0,
      secondFrom: 'picture',
    } as const;
    await draw('first.png', ink);
    const both = await draw('both.png', { ...ink, secondStyle: 'film noir' });
    const over = await draw('over.png', { init: out('first.png'), style: 'film noir', strength: 0.6 });
    expect(both.picture.data).toEqual(over.picture.data);
    const parted = await draw('parted.png', { ...ink, style: 'a pencil drawing, film noir' }); // the embedded model knows both
    expect(parted.picture.data).toEqual(both.picture.data);
    const again = await draw('again.png', {
      init: source,
      fromPng: out('parted.png'),
      steps: undefined,
      size: undefined,
      style: undefined,
    });
    expect(again.picture.data).toEqual(both.picture.data);
    expect((await draw('one.png', { ...ink, style: 'a pencil drawing, film noir', secondStyle: '' })).picture.data).not.toEqual(
      both.picture.data,
    );
    const twice = { ...ink, secondStyle: 'film noir', firstAgain: 1 };
    await draw('first-again.png', { ...ink, init: out('first.png') });
    expect((await draw('twice.png', twice)).picture.data).toEqual(
      (await draw('over-twice.png', { init: out('first-again.png'), style: 'film noir', strength: 0.6 })).picture.data,
    );
    const little = await draw('little.png', { ...twice, firstAgain: 0.5, strengthSteps: 'whole' }); // 0.3 of two steps is none
    const plain = await draw('both-whole.png', { ...ink, secondStyle: 'film noir', strengthSteps: 'whole' });
    expect(little.picture.data).toEqual(plain.picture.data);
    await draw('strong.png', { ...ink, cfgScale: 2 });
    const strong = { ...ink, secondStyle: 'film noir', firstCfgScale: 2 };
    expect((await draw('first-strong.png', strong)).picture.data).toEqual(
      (await draw('over-strong.png', { init: out('strong.png'), style: 'film noir', strength: 0.6 })).picture.data,
    );
    const repeated = { init: source, fromPng: out('first-strong.png'), steps: undefined, size: undefined, style: undefined };
    expect((await draw('again-strong.png', repeated)).picture.data).toEqual((await draw('strong-2.png', strong)).picture.data);
  });

  test('a second style is drawn over the first without its colours where the model, or the user, asks for it', async () => {
    const ink = { init: source, style: 'an oil painting', strength: 0.6, firstAgain: 0 };
    const { width, height, data } = (await draw('oil.png', ink)).picture;
    const luma = (at: number) => Math.round(0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!);
    await writePng(out('grey.png'), { width, height, data: data.map((_, at) => luma(at - (at % 3))) });
    const asked = await draw('noir.png', { ...ink, secondStyle: 'a drawing', secondFrom: 'grey' });
    const over = await draw('over-grey.png', { init: out('grey.png'), style: 'a drawing', strength: 0.6 });
    expect(asked.picture.data).toEqual(over.picture.data);
    expect(texts(out('noir.png')).parameters).toContain('Second from: grey');
    const advised = await draw('advised.png', { ...ink, secondStyle: 'film noir' });
    expect(advised.picture.data).toEqual((await draw('said.png', { ...ink, secondStyle: 'film noir', secondFrom: 'grey' })).picture.data);
    expect(advised.picture.data).not.toEqual(
      (await draw('coloured.png', { ...ink, secondStyle: 'film noir', secondFrom: 'picture' })).picture.data,
    );
  });

  test('a control image alone guides a drawing from noise', async () => {
    const free = await draw('free.png');
    const guided = await draw('guided.png', { controlImage: source });
    expect(guided.picture.data).not.toEqual(free.picture.data);
  });
});

describe('without --model', () => {
  const plain = async (name: string, more: GenerateRequest = {}) => {
    const warnings: string[] = [];
    const onEvent = (event: Event) => event.type === 'warning' && warnings.push(event.message);
    const output = out(name);
    await generate({ style: 'a cat, noto', steps: 4, device: 'cpu', workDir: out('work'), output, overwrite: true, onEvent, ...more });
    return { warnings, data: (await readPicture(output)).data, text: texts(output).parameters };
  };

  test('words alone are drawn by rerender-words at its size, and again from the PNG; FreeU moves the picture', async () => {
    const cat = await plain('cat.png');
    expect([cat.data.length, cat.warnings]).toEqual([64 * 64 * 3, []]);
    expect(cat.text).toMatch(/^a cat, noto\nSteps: 4, .* CFG scale: 3, Seed: 42, Size: 64x64, Model: rerender-words, Version/);
    expect((await plain('cat-again.png', { fromPng: out('cat.png'), init: source })).text).toContain('Model: rerender-words');
    await plain('cats.png', { count: 2 });
    expect((await readPicture(out('cats.png'))).width).toBe(4 + 2 * 132); // the sheet shows each pixel twice as wide
    expect((await plain('cats-again.png', { fromPng: out('cats-42.png') })).data).toEqual(cat.data);
    const freeu = await plain('cat-freeu.png', { freeu: 'authors' });
    expect(freeu.data).not.toEqual(cat.data);
    expect((await plain('cat-one.png', { freeu: { b1: 1, b2: 1, s1: 1, s2: 1 } })).data).toEqual(cat.data);
  });

  test('a prompt without a word that it knows, and a size that it cannot draw, are told', async () => {
    const { warnings } = await plain('apples.png', { style: 'two apples', size: 96, steps: 1 });
    expect(warnings).toEqual([
      expect.stringMatching(/^rerender-words knows 164 words, such as red apple, green apple, and the prompt has none of them: /),
      expect.stringMatching(/^rerender-words draws whole things at 64x64 pixels alone, .* 96x96: leave --size out$/),
    ]);
  });

  test('clips are refused, with what to do', async () => {
    const run = planRun({ input: join('examples', 'lakeside.mp4'), style: 'a cat', model: 'rerender-words', output: out('clip.mp4') });
    await expect(run).rejects.toThrow(/draws small pictures from words .*: leave --model out, and rerender-mini restyles the clip/);
  });

  test('a drawing over --init or under a ControlNet is that of rerender-mini', async () => {
    const over = { style: 'a watercolor painting', size: 64, steps: 1, init: source };
    expect((await plain('over.png', over)).text).toContain('Model: rerender-mini');
    expect((await plain('under.png', { ...over, init: undefined, controlImage: source })).text).toContain('Model: rerender-mini');
  });
});

describe('several pictures', () => {
  test('a grid of seeds is a sheet and single files, each as if drawn alone', async () => {
    const { result, picture } = await draw('grid.png', { seeds: '3,5,9' });
    expect(result).toMatchObject({ kind: 'pictures', pictures: 3 });
    expect([picture.width, picture.height]).toEqual([4 + 2 * 132, 4 + 2 * 141]);
    await draw('five.png', { seed: 5, cache: false, workDir: undefined });
    expect(await pixels('grid-5.png')).toEqual(await pixels('five.png'));
    expect(texts(out('grid-9.png')).parameters).toContain('Seed: 9');
    await draw('count.png', { seed: 3, count: 2 });
    expect(await pixels('count-3.png')).toEqual(await pixels('grid-3.png'));
    expect(existsSync(out('count-4.png'))).toBe(true);
  });

  test('a sweep has a cell for each b and s, from the same noise; its identity cell is FreeU off', async () => {
    const { result, picture } = await draw('sweep.png', { freeuSweep: ['b=1,1.3', 's=0.2,1'] });
    expect(result).toMatchObject({ kind: 'pictures', pictures: 4 });
    expect([picture.width, picture.height]).toEqual([4 + 2 * 132, 4 + 2 * 141]);
    const off = await draw('sweep-off.png', { freeu: 'off' });
    const cell = Buffer.concat(
      Array.from({ length: 128 }, (_, y) => picture.data.subarray(3 * ((4 + 141 + y) * picture.width + 4)).subarray(0, 3 * 128)),
    );
    expect(cell.equals(off.picture.data)).toBe(true); // second row, first column: b 1, s 1
  });
});

describe('settings from a PNG', () => {
  const warnings: string[] = [];
  const onEvent = (event: Event) => event.type === 'warning' && warnings.push(event.message);
  const again = async (name: string, more: GenerateRequest) => {
    warnings.length = 0;
    const output = out(name);
    await generate({ device: 'cpu', workDir: out('work5'), output, overwrite: true, onEvent, ...more });
    return readPicture(output);
  };
  const written = (name: string, text: string, keyword = 'parameters'): string => {
    writeFileSync(out(name), withPngText(readFileSync(source), keyword, text));
    return out(name);
  };
  const cutOff = (name: string): string => {
    writeFileSync(out(name), readFileSync(source).subarray(0, 60));
    return out(name);
  };

  test('of this program are drawn again, to the bit; what is given directly wins', async () => {
    const first = await draw('first.png', {
      width: 136,
      height: 96,
      seed: 7,
      negativePrompt: 'grey, dull: flat',
      sampler: 'euler-karras',
      cfgScale: 3,
      cfgHigh: 5,
      clipSkip: 1,
      spacing: 'trailing',
      freeu: 'authors',
      freeuVersion: 1.5,
      freeuStage: ['1:offset=0.2,width=0.6,cutoff=0.8,high=1.1', '3:b=1.2,s=0.7'],
      freeuOrder: 'after-control',
      freeuEnd: 0.75,
      freeuSmooth: 0.5,
    });
    expect((await again('second.png', { fromPng: out('first.png') })).data).toEqual(first.picture.data);
    expect(warnings).toEqual([]);
    expect(texts(out('second.png'))).toEqual(texts(out('first.png')));
    const other = await again('third.png', { fromPng: out('first.png'), seed: 8, freeu: 'off' });
    expect(other.data).not.toEqual(first.picture.data);
    expect(texts(out('third.png')).parameters).toMatch(/Seed: 8,/);
    expect(texts(out('third.png')).parameters).not.toMatch(/FreeU/);
  });

  test('of the web UI are taken; what is not is told', async () => {
    const file = written(
      'webui.png',
      'a boat, <lora:ph:0.9>\nat sea\nNegative prompt: grey, dull\n' +
        'Steps: 3, Sampler: DPM++ 2M Karras, CFG scale: 6, Seed: 680973778, Size: 96x64, ' +
        `Model hash: 41429fdee1, Model: anime-v3, Clip skip: 2, Face restoration: CodeFormer, ` +
        `VAE: kl-f8.ckpt, Hires upscale: 2, Denoising strength: 0.4, ` +
        `FreeU Stages: "[{\\"backbone_factor\\": 1.2, \\"skip_factor\\": 0.9}, {\\"backbone_factor\\": 1.4, \\"skip_factor\\": 0.2, ` +
        `\\"skip_high_end_factor\\": 1.1}]", FreeU Schedule: "0.0, 2, 0.3", FreeU Version: 2, ` +
        'Lora hashes: "ph: 3e4f2671b6f7", Version: v1.6.0',
    );
    const picture = await again('from-webui.png', { fromPng: file });
    expect([picture.width, picture.height]).toEqual([96, 64]);
    const { parameters } = texts(out('from-webui.png'));
    expect(parameters).toMatch(
      /^a boat, <lora:ph:0\.9>\nat sea\nNegative prompt: grey, dull\nSteps: 3, Sampler: DPM\+\+ 2M, Schedule type: Karras, CFG scale: 6,/,
    );
    expect(parameters).toMatch(/Seed: 680973778, Size: 96x64, Model: rerender-words, Clip skip: 2, Layers skipped: 1,/);
    expect(parameters).toMatch(
      /FreeU: "1\.2,1\.4,0\.9,0\.2", FreeU further: "1:offset=0,width=0\.5 2:offset=0,width=0\.5,high=1\.1", FreeU layers: channels/,
    );
    expect(parameters).toMatch(/FreeU Schedule: "0\.0, 0\.6666666666666666, 0\.3"/);
    expect(warnings).toContainEqual(
      expect.stringMatching(/drawn with the model anime-v3, which --model names; here it is rerender-words$/),
    );
    expect(warnings).toContainEqual(
      expect.stringMatching(/not taken: Face restoration CodeFormer; Hires upscale 2; Denoising strength 0\.4$/),
    );
    expect(warnings).toContainEqual(expect.stringMatching(/drawn with the autoencoder kl-f8\.ckpt: give it with --vae$/));
    expect(warnings).toContainEqual(expect.stringMatching(/of another program, whose noise is another/));
    expect(warnings).toContainEqual(expect.stringMatching(/<lora:ph:0\.9>.*--lora ph:0\.9/));
  });

  test('that this program has not, or that break a rule, are told, and the rest is drawn', async () => {
    const file = written(
      'odd.png',
      'a boat\nSteps: 2, Sampler: Heun, CFG scale: 99, Seed: 5, Size: 64x64, FreeU Stages: "{}", Version: v1.9.3',
    );
    await again('from-odd.png', { fromPng: file, preset: 'watercolor' });
    expect(warnings.join('\n')).toMatch(
      /not taken: Sampler Heun, which is none of --sampler; CFG scale must be a number from 0 to 50; got "99"; FreeU Stages is no list/,
    );
    expect(texts(out('from-odd.png')).parameters).toMatch(/^a watercolor painting[^\n]*\n/); // the preset was given directly
    const forge =
      'a boat\nSteps: 2, Sampler: Euler a, Seed: 5, Size: 64x64, freeu_enabled: True, ' +
      'freeu_b1: 1.01, freeu_b2: 1.02, freeu_s1: 0.99, freeu_s2: 0.95';
    await again('from-forge.png', { fromPng: written('forge.png', forge) });
    expect(texts(out('from-forge.png')).parameters).toMatch(/Sampler: Euler a, .*FreeU: "1\.01,1\.02,0\.99,0\.95"/);
    await again('from-prompt.png', { fromPng: written('prompt.png', 'a sailboat'), size: 64, steps: 1 });
    expect(warnings).toEqual([]);
  });

  test.each<[string, () => string | Promise<string>, RegExp]>([
    ['that is not there', () => out('none.png'), /--from-png .*none\.png cannot be read: there is no such file/],
    [
      'that is a JPEG',
      async () => (await sharp(source).jpeg().toFile(out('photo.jpg'))) && out('photo.jpg'),
      /photo\.jpg is a JPEG: .* PNGs alone/,
    ],
    ['without a text', () => source, /source\.png: it does not say what it was drawn with; give a PNG of this program or of A1111/],
    ['of ComfyUI', () => written('comfy.png', '{}', 'workflow'), /a workflow of ComfyUI, which is not read/],
    ['that is cut off', () => cutOff('cut.png'), /is damaged at byte \d+/],
  ])('of a file %s are refused', async (_, file, message) => {
    await expect(again('never.png', { fromPng: await file() })).rejects.toThrow(message);
    expect(existsSync(out('never.png'))).toBe(false);
  });
});

describe('what cannot be drawn is told in one sentence', () => {
  const bad = out('bad.png');
  writeFileSync(bad, 'no picture');
  test.each<[string, string[], number, RegExp]>([
    ['no prompt', [], 2, /No prompt/],
    ['a side that is no multiple', ['-p', 'x', '--width', '130'], 2, /--width must be a multiple of 4 for this model; got 130/],
    ['a side that is too small', ['-p', 'x', '--height', '32'], 2, /--height must be at least 64/],
    ['an init that is not there', ['-p', 'x', '--init', out('none.png')], 4, /--init .*none\.png/],
    ['an init that is no picture', ['-p', 'x', '--init', bad], 4, /--init .*bad\.png/],
    ['a strength out of range', ['-p', 'x', '--init', source, '--strength', '1.5'], 2, /--strength must be a number from 0 to 1/],
    ['an unknown model', ['-p', 'x', '--model', out('nomodel')], 3, /no model folder/],
    ['a control without a picture', ['-p', 'x', '--control', 'tile'], 2, /--control needs a picture/],
    ['a control image without a control', ['-p', 'x', '--control', 'none', '--control-image', source], 2, /needs a ControlNet/],
    ['an output that exists', ['-p', 'x', '-o', source], 2, /exists: give -y/],
    ['an output that is no PNG', ['-p', 'x', '-o', out('a.mp4')], 2, /must be a \.png/],
    [
      'frames of a picture',
      ['-p', 'x', '--frames', '8'],
      2,
      /--frames belongs to .*; image models in `rerender generate` have no use for it/,
    ],
    ['seeds that are none', ['-p', 'x', '--seeds', '1,x'], 2, /--seeds must be/],
    ['seeds and a count', ['-p', 'x', '--seeds', '1,2', '--count', '3'], 2, /exclude each other/],
    ['a factor where the model has FreeU off', ['-p', 'a cat', '--freeu-b1', '1.4'], 2, /off \(model\): .*, or --freeu authors\./],
    ['an axis that is none', ['-p', 'x', '--freeu-sweep', 'c=1,2'], 2, /--freeu-sweep c=1,2: write b=/],
    ['two axes of one kind', ['-p', 'x', '--freeu-sweep', 'b=1', 'b1=1'], 2, /one axis of b/],
  ])('%s', async (_, args, code, message) => {
    const output = args.includes('-o') ? [] : ['-o', out('never.png')];
    const ran = await rerenderCommand(['generate', ...args, ...output, '--device', 'cpu']);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toMatch(/\n {4}at /);
    expect(ran.code).toBe(code);
    expect(existsSync(out('never.png'))).toBe(false);
  });
});

test('the command draws a sweep of the default grid, and is interrupted without half a file', async () => {
  const args = ['generate', '-p', 'a boat', '--size', '64', '--steps', '1', '--freeu-sweep', '-o', out('default.png'), '--json'];
  const ran = await rerenderCommand([...args, '--work-dir', out('work3')]);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('"pictures":16');
  const stopped = await rerenderCommand(
    ['generate', '-p', 'a boat', '--size', '128', '--count', '40', '-o', out('stopped.png'), '--json', '--work-dir', out('work4')],
    { interruptWhen: /"stage":"pictures","done":[1-9]/ },
  );
  expect(stopped.code).toBe(130);
  expect(existsSync(out('stopped.png'))).toBe(false);
});

test('--freeu-spectrum: s lowers a skip at frequency 0 by just that factor, and the picture stays the same to the bit', async () => {
  const freeu = { b1: 1.2, b2: 1.4, s1: 0.5, s2: 0.2 };
  const file = out('spectrum.json');
  const plain = await draw('plain.png', { freeu, cache: false, workDir: undefined });
  const probed = await draw('probed.png', { freeu, freeuSpectrum: file, cache: false, workDir: undefined });
  expect(probed.picture.data).toEqual(plain.picture.data);
  const { runs } = JSON.parse(readFileSync(file, 'utf8')) as FreeUSpectra;
  expect(runs.withFreeU.length).toBe(2);
  const sites = runs.withFreeU.flatMap(step => step.sites);
  expect(sites.length).toBeGreaterThan(0);
  for (const { skip, backbone } of sites) {
    const factor = Math.exp(skip.after.logAmplitudeAt0 - skip.before.logAmplitudeAt0);
    expect(Math.min(Math.abs(factor - 0.5), Math.abs(factor - 0.2))).toBeLessThan(1e-4);
    expect(skip.after.high).toBeLessThanOrEqual((skip.before.high ?? Number.NaN) + 1e-3); // maps of 2x2 have no frequency outside the box
    expect(backbone.after).not.toEqual(backbone.before);
  }
  for (const { skip, backbone } of runs.without.flatMap(step => step.sites)) {
    expect(skip.after).toEqual(skip.before);
    expect(backbone.after).toEqual(backbone.before);
  }
  await draw('plot.png', { freeu, freeuSpectrum: out('spectrum.svg') });
  expect((await sharp(out('spectrum.svg')).metadata()).width).toBeGreaterThan(600);
});
