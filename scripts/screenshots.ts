// The page and a report as Debian's Chromium shows them, for the docs: npx tsx scripts/screenshots.ts (after a build)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';

const CLIP = 'examples/lakeside.mp4';
const FLAGS = ['--style', 'an oil painting, thick brush strokes', '--frames', '0-40'];
const MAIN = 'dist/cli/main.js';

const folder = mkdtempSync(join(tmpdir(), 'rerender-screenshots-'));
const flags = [...FLAGS, '--work-dir', join(folder, 'work')];

/** Saves what the page shows from its top, `width` pixels wide. */
const save = async (page: Page, file: string, width: number): Promise<void> => {
  await page.evaluate('scrollTo(0, 0)');
  await sharp(await page.screenshot())
    .resize({ width })
    .webp({ quality: 82, effort: 6 })
    .toFile(file);
  console.log(file);
};

/** Renders the clip with a report, and shows its upper part. */
const report = async (browser: Browser): Promise<void> => {
  const output = join(folder, 'lakeside.rerender.mp4');
  const child = spawn(process.execPath, [MAIN, CLIP, ...flags, '--report', '-o', output], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`rerender ended with ${code}`);
  const page = await browser.newPage({ viewport: { width: 1040, height: 1000 } });
  await page.goto(pathToFileURL(`${output}.html`).href);
  await save(page, 'docs/images/report.webp', 760);
};

/** Opens the page on what the report has drawn, at a key frame under the wipe. */
const preview = async (browser: Browser): Promise<void> => {
  const child = spawn(process.execPath, [MAIN, 'preview', CLIP, '--no-open', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [address] = await once(child.stdout, 'data');
    const page = await browser.newPage({ viewport: { width: 1320, height: 1145 } });
    await page.goto(`${String(address).trim()}`);
    const keys = page.locator('button.face');
    await keys.nth(2).waitFor({ timeout: 120_000 });
    await keys.nth(2).click();
    await page.locator('.drawing:not(.unfinished)').waitFor({ timeout: 120_000 });
    await page.waitForTimeout(10_000); // what FreeU does here is measured, and the line below says how long a run takes
    await save(page, 'docs/images/preview.webp', 1100);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
};

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  await report(browser);
  await preview(browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
