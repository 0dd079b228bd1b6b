// The preview in a real browser, by keyboard and pointer: look, move a factor, compare, render, reload, take the result home.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { openClip } from '../../media/index.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { asker } from './asking.ts';
import { chromiumPath, openBrowser, openPage, type Watched } from './browser.ts';

if (!chromiumPath) console.warn('no Chromium in /usr/bin: the preview is not tried in a browser (apt-get install chromium)');

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const clip = exampleClip();
const store = join(temporaryFolder(), 'store');
const FLAGS = ['--size', '64', '--steps', '4', '--interval', '5', '--frames', '3-13', '--work-dir', store];

/** Starts the command as a user does, and waits for the address that it prints. */
const startPreview = async (): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const child = spawn(process.execPath, [MAIN, 'preview', 'lakeside.mp4', '--no-open', ...FLAGS], {
    cwd: dirname(clip),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', chunk => resolve(String(chunk).trim()));
    child.on('exit', code => reject(new Error(`the preview ended with ${code}`)));
  });
  return { child, url };
};

const ended = (child: ChildProcess): Promise<number | null> => new Promise(resolve => child.on('exit', resolve));

const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Waits until an expression holds in the page. Playwright's own wait needs `eval`, which the page forbids. */
const holds = (page: Page, expression: string): Promise<void> =>
  expect.poll(() => page.evaluate(`Boolean(${expression})`), { timeout: 60_000, interval: 50 }).toBe(true);

/** Polls for what the server has to answer first. */
const soon = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 50 });

/** What the page keeps in its address. */
const hashOf = (page: Page) => async (): Promise<string> => new URL(page.url()).hash;

/** The address of the finished picture on the stage. */
const pictureOf = async (page: Page): Promise<string> => {
  await holds(page, "!document.querySelector('.status.busy') && document.querySelector('.drawing:not(.unfinished)')");
  return (await page.getAttribute('.drawing', 'src'))!;
};

type Usage = Readonly<Record<'text' | 'encoder' | 'decoder' | 'unet', { readonly sessions: number; readonly runs: number }>>;
const usageOf = (page: Page): Promise<Usage> => page.evaluate("fetch('api/usage').then(answer => answer.json())");

/** Waits until a finished picture with another address stands on the stage. */
const otherThan = async (page: Page, src: string): Promise<string> => {
  await holds(page, `document.querySelector('.drawing:not(.unfinished)')?.getAttribute('src') !== ${JSON.stringify(src)}`);
  return pictureOf(page);
};

/** Drops a file on the card of the key frame that is shown, as from another window; one that is named for a frame on the strip. */
const drop = (page: Page, bytes: Buffer, name = 'painted.png'): Promise<void> =>
  page.evaluate(`{
    const bytes = Uint8Array.from(atob(${JSON.stringify(bytes.toString('base64'))}), letter => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}, { type: 'image/png' }));
    const target = document.querySelector(${JSON.stringify(name.startsWith('keyframe-') ? '.keyframes' : '.key.current')});
    for (const type of ['dragover', 'drop']) {
      target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }`);

/** Elements that stand out of the page on the right, but those of the strip, which scrolls. */
const OUTSIDE = `[...document.querySelectorAll('body *')]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.keyframes ol'))
  .map(one => one.outerHTML.slice(0, 120))`;

const FINDINGS = `axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => impact + ' ' + id + ': ' + nodes[0]?.html))`;

/** Of both videos the seconds at which they are. */
const MOMENTS = `[...document.querySelectorAll('video')].map(video => video.currentTime)`;

describe.skipIf(!chromiumPath)('the page', () => {
  let browser: Browser;
  let preview: Awaited<ReturnType<typeof startPreview>>;
  let watched: Watched;
  let page: Page;
  beforeAll(async () => {
    [preview, browser] = await Promise.all([startPreview(), openBrowser()]);
    watched = await openPage(browser, preview.url);
    page = watched.page;
    page.setDefaultTimeout(60_000);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    preview?.child.kill('SIGKILL');
  });

  test('shows the first frame drawn, and what FreeU does to it', { timeout: 90_000 }, async () => {
    await pictureOf(page);
    expect(await page.textContent('h1')).toBe('lakeside.mp4');
    expect(await page.getAttribute('.source', 'src')).toBe('frames/3.webp');
    await page.waitForSelector('.effect[data-mean]');
    expect(await page.textContent('.effect')).toMatch(/FreeU .* of 255 levels on average/);
    await soon(() => page.locator('.keys button').count()).toBe(3);
  });

  test('draws anew when a factor moves, and loads and reads nothing for it', { timeout: 90_000 }, async () => {
    const before = { picture: await pictureOf(page), usage: await usageOf(page) };
    await page.focus('text=Backbone b1');
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
    await otherThan(page, before.picture);
    await page.waitForSelector('.effect[data-mean]');
    const after = await usageOf(page);
    await soon(hashOf(page)).toContain('freeu=1.4');
    expect(after.unet.runs).toBeGreaterThan(before.usage.unet.runs);
    expect(after.unet.sessions).toBe(before.usage.unet.sessions);
    expect(after.encoder).toEqual(before.usage.encoder); // so the clip was not decoded: its latent is at hand
    expect(after.text).toEqual(before.usage.text);
  });

  test('compares by keyboard alone: wipe, hold for the source, hold for FreeU off', async () => {
    const cut = () => page.evaluate("getComputedStyle(document.querySelector('.drawing')).clipPath");
    await page.focus('.wipe');
    await page.keyboard.press('Home');
    expect(await cut()).toBe('inset(0px 0px 0px 0%)');
    for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight');
    expect(await cut()).toBe('inset(0px 0px 0px 30%)');
    expect(await page.getAttribute('.wipe', 'aria-valuetext')).toBe('30 per cent Source, 70 per cent result');
    await page.keyboard.down('s');
    expect(await cut()).toBe('inset(0px 0px 0px 100%)');
    await page.keyboard.up('s');
    const drawn = await page.getAttribute('.drawing', 'src');
    await page.keyboard.down('f');
    expect(await page.getAttribute('.drawing', 'src')).not.toBe(drawn);
    await page.keyboard.up('f');
    expect(await page.getAttribute('.drawing', 'src')).toBe(drawn);
  });

  test('a reload loses nothing', { timeout: 60_000 }, async () => {
    await page.click('button:has-text("Keep as A")');
    await page.click('[aria-label="Approve key frame 3"]');
    const under = () => page.getAttribute('.source', 'src');
    const before = { picture: await pictureOf(page), under: await under(), address: page.url() };
    await page.reload();
    expect(await pictureOf(page)).toBe(before.picture);
    expect(before.under).toMatch(/^pictures/);
    expect(await under()).toBe(before.under);
    expect(page.url()).toBe(before.address);
    expect(await page.getAttribute('[aria-label="Approve key frame 3"]', 'aria-pressed')).toBe('true');
    expect(await page.inputValue('.wipe')).toBe('30');
  });

  test('a key frame behind the anchor is drawn in its own place, and what is wrong is told', { timeout: 60_000 }, async () => {
    const first = await pictureOf(page);
    await page.click('[aria-label="Key frame 13"]');
    await otherThan(page, first);
    await soon(() => page.locator('.key img').count()).toBe(3);
    const field = '[aria-label="Strength, as a number"]';
    await page.fill(field, '0.5');
    for (const key of [8, 13]) {
      await page.evaluate(`document.querySelector('[aria-label="Key frame ${key}"]').click()`); // news comes while somebody types
      await soon(hashOf(page)).toContain(`frame=${key}&`);
      await pictureOf(page);
    }
    expect(await page.inputValue(field)).toBe('0.5');
    await page.press(field, 'Enter');
    await pictureOf(page);
    await soon(hashOf(page)).toContain('strength=0.5');
  });

  test('handles choose the part that is drawn: alone it is the result, or the rest stays beside it', { timeout: 60_000 }, async () => {
    const command = () => page.getAttribute('.ready [title]', 'title');
    const handles = () => page.locator('.ends input').count();
    await page.focus('[aria-label="End of the part that is rendered"]');
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowLeft');
    await soon(command).toContain(' --frames 3-11 ');
    await holds(page, "document.querySelector('.status').textContent === 'Left out of the result'");
    await page.check('text=Keep the rest of the clip');
    await soon(command).toMatch(/--frames 3-13 .*--only 0-8 /);
    await holds(page, "document.querySelector('.status').textContent === 'Stays as it is'");
    await soon(() => page.locator('.outside').count()).toBe(1);
    await page.click('button:has-text("Another part here")');
    await soon(command).toContain('--only 0-8 --only 10-10 ');
    await soon(handles).toBe(4);
    await soon(hashOf(page)).toContain('only=3-11&only=13-13');
    await page.click('button:has-text("Leave this part out")');
    await soon(handles).toBe(2);
    await page.click('button:has-text("Whole clip")');
    await soon(command).not.toContain('--only');
    await soon(() => page.locator('.outside').count()).toBe(0);
  });

  test('a factor is typed as far as the option goes, and what is beyond is told in its place', { timeout: 60_000 }, async () => {
    const field = '[aria-label="Skip s1, as a number"]';
    const before = new URL(page.url()).hash;
    await page.fill(field, '11');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(`document.querySelector('${field}').validity.rangeOverflow`)).toBe(true);
    expect(new URL(page.url()).hash).toBe(before);
    await page.fill(field, '-0.5');
    await page.keyboard.press('Enter');
    await soon(hashOf(page)).toMatch(/freeu=[^&]*%2C-0\.5%2C/);
    await page.fill(field, '1');
    await page.keyboard.press('Enter');
    await pictureOf(page);
  });

  test('a key frame is added and removed, moved by keyboard, drawn anew', { timeout: 60_000 }, async () => {
    const keys = () => page.locator('.keys button').evaluateAll(all => all.map(one => one.getAttribute('aria-label')));
    await page.focus('input[aria-label=Frame]');
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowLeft');
    await page.click('button:has-text("Make it a key frame")');
    await soon(keys).toEqual(['Key frame 3', 'Key frame 8', 'Key frame 11', 'Key frame 13']);
    await page.click('.tools button:has-text("Remove")');
    await soon(keys).toEqual(['Key frame 3', 'Key frame 8', 'Key frame 13']);
    await page.focus('[aria-label="Key frame 8"]');
    await page.keyboard.press('Shift+ArrowRight');
    await soon(keys).toEqual(['Key frame 3', 'Key frame 9', 'Key frame 13']);
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe('Key frame 9');
    const drawn = await pictureOf(page);
    await page.click('button:has-text("Draw it anew")');
    await otherThan(page, drawn);
    expect(await page.textContent('.tools')).toMatch(/Key frame 9 seed \d/);
    await soon(hashOf(page)).toMatch(/keyframesAt=9&keyframeSeed=9%3D\d/);
    await page.click('button:has-text("Draw all")');
    await holds(page, "document.querySelectorAll('.key:not(.stale) img').length === 3 && !document.querySelector('.status.busy')");
  });

  test('a key frame that is painted over and dropped back stands there; what is no picture is told', { timeout: 60_000 }, async () => {
    const before = await pictureOf(page);
    await page.click('[aria-label="Key frame 13"]');
    const drawn = await otherThan(page, before);
    const { bytes } = await asker(preview.url).ask(drawn);
    const patch = await sharp({ create: { width: 24, height: 20, channels: 3, background: '#d01818' } })
      .png()
      .toBuffer();
    const painted = await sharp(bytes)
      .composite([{ input: patch, left: 8, top: 8 }])
      .removeAlpha()
      .png()
      .toBuffer();
    await drop(page, Buffer.from('no picture'));
    await page.waitForSelector('.trouble.floating:has-text("PNG, JPEG or WebP")');
    expect(watched.complaints.splice(0)).toEqual([expect.stringMatching(/415/), expect.stringMatching(/415/)]);
    await drop(page, painted, 'keyframe-000099.png');
    await page.waitForSelector('.trouble.floating:has-text("Frame 99 is not rendered")');
    await drop(page, painted);
    const src = await otherThan(page, drawn);
    await page.waitForSelector('.key.current .badges:has-text("yours")');
    const shown = await sharp((await asker(preview.url).ask(src)).bytes)
      .raw()
      .toBuffer();
    expect(shown.equals(await sharp(painted).raw().toBuffer())).toBe(true);
  });

  test('renders across a reload; the copied command gives the same bytes', { timeout: 120_000 }, async () => {
    await page.check('text=With a report');
    await holds(page, "document.querySelector('.ready [title]')?.title.includes('--report')");
    await page.click('button:has-text("Copy as command")');
    const command = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(command).toMatch(/^rerender lakeside\.mp4 .*--freeu 1\.4,.* -o lakeside\.rerender\.mp4$/);
    // Frames of the command count from 3, where the part begins.
    expect(command).toMatch(/--keyframes-at 6 --keyframe-seed 6=\d+ --keyframe 10=lakeside\.mp4\.pictures\/[0-9a-f]{24}\.png/);
    await page.click('.main');
    await page.waitForSelector('.running');
    await page.reload();
    await page.waitForSelector('button:has-text("Watch the result")');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a:has-text("Download it")')]);
    expect(download.suggestedFilename()).toBe('lakeside.rerender.mp4');
    const result = await openClip(await download.path());
    expect((await result.read({ size: 64 })).length).toBe(11);
    expect(result.info.width).toBe(640);
    const words = command.split(' ').slice(1, -1);
    const again = spawn(process.execPath, [MAIN, ...words.map(word => word.replace(/^'|'$/g, '')), 'again.mp4', '--quiet'], {
      cwd: dirname(clip),
      stdio: 'inherit',
      shell: false,
    });
    expect(await ended(again)).toBe(0);
    expect(digest(join(dirname(clip), 'again.mp4'))).toBe(digest(await download.path()));
  });

  test('the report holds all that it shows: opened as a file it asks for nothing', { timeout: 60_000 }, async () => {
    const served = await asker(preview.url).ask('media/report');
    expect(served.headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox allow-scripts/);
    const file = join(dirname(clip), 'lakeside.rerender.mp4.html');
    expect(served.bytes.equals(readFileSync(file))).toBe(true);
    const report = await (await browser.newContext()).newPage();
    const asked: string[] = [];
    report.on('request', request => void asked.push(request.url()));
    report.on('console', message => void asked.push(message.text()));
    await report.goto(`file://${file}`);
    expect(asked.filter(url => !url.startsWith('data:'))).toEqual([`file://${file}`]);
    expect(await report.locator('.wipe').count()).toBe(6);
    expect(await report.locator('.keys figcaption').allTextContents()).toEqual([
      '0',
      expect.stringMatching(/^6, seed \d+$/),
      '10, supplied',
    ]);
    await report.focus('.wipe input');
    await report.keyboard.press('Home');
    expect(await report.evaluate("getComputedStyle(document.querySelector('.wipe img + img')).clipPath")).toBe('inset(0px 0px 0px 0%)');
    const seen = await report.textContent('main');
    for (const words of ['--freeu', '--interval', 'SHA-256', 'steadiness', 'rerender lakeside.mp4']) expect(seen).toContain(words);
    await report.evaluate(axe.source);
    expect(await report.evaluate(FINDINGS)).toEqual([]);
    await report.context().close();
  });

  test('plays source and result in step', { timeout: 60_000 }, async () => {
    await page.click('button:has-text("Watch the result")');
    await holds(page, `${MOMENTS}.filter(time => time > 0.05).length === 2`);
    await page.click('button:has-text("Stop")');
    const shown = "(document.querySelector('input[aria-label=Frame]').value - 3) / 24";
    await holds(page, `${MOMENTS}.every(time => Math.abs(time - ${shown}) < 0.06)`);
    await page.focus('input[aria-label=Frame]');
    await page.keyboard.press('End');
    await holds(page, `${MOMENTS}.every(time => Math.abs(time - 10 / 24) < 0.06)`);
    await page.click('button:has-text("Watch the result")');
  });

  test.each(['light', 'dark'] as const)('is accessible and fits from 360 pixels on, in %s', { timeout: 90_000 }, async colorScheme => {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    await page.click('summary');
    for (const width of [360, 900, 1600]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(OUTSIDE)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      expect(await page.evaluate(FINDINGS)).toEqual([]);
    }
    await page.click('summary');
  });

  test('nothing was asked of another machine, nothing complained; Ctrl-C ends it at once', { timeout: 60_000 }, async () => {
    expect(watched.complaints).toEqual([]);
    const began = performance.now();
    const end = ended(preview.child);
    preview.child.kill('SIGINT');
    await end;
    expect(performance.now() - began).toBeLessThan(5000);
    await page.waitForSelector('.away');
    expect(await page.textContent('.away')).toMatch(/start rerender preview again/);
  });
});
