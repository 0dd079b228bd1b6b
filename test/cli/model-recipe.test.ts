// The recipe of README and docs/models.md as it stands there, over a hub on this machine that holds a toy of the real layout; and models
// that other programs have brought.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { type HubServer, startHub } from '../models/hub/hub-server.ts';
import { makeClip } from '../pipeline/clips.ts';
import { rerenderCommand } from '../support/cli.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ldmState, tinySd, writeFolder } from '../support/tiny-sd.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const sd = tinySd(1);

/** The files of a folder, as a repository holds them: its weights as half-precision variants, too. */
const repository = (root: string): Record<string, Buffer> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .flatMap(({ name, parentPath }) => {
        const path = join(parentPath, name)
          .slice(root.length + 1)
          .replaceAll('\\', '/');
        const bytes = readFileSync(join(parentPath, name));
        return path.endsWith('.safetensors')
          ? [path, path.replace('.safetensors', '.fp16.safetensors')].map(p => [p, bytes])
          : [[path, bytes]];
      }),
  );

/** The lines of the recipe in the documentation, without what stands behind `#`. */
const recipe = readFileSync(join(packageRoot, 'docs', 'models.md'), 'utf8')
  .split('## From nothing to a clip')[1]!
  .split('```')[1]!
  .trim()
  .split('\n')
  .map(line => line.replace(/\s+#.*$/, ''));
const wordsOf = (line: string): string[] => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, a, b]) => a ?? b!);

let hub: HubServer;
const env = (): Record<string, string> => ({
  HF_ENDPOINT: hub.url,
  HF_HUB_CACHE: at('hub'),
  RERENDER_WORK_DIR: at('work'),
  RERENDER_SIZE: '64',
  RERENDER_STEPS: '1',
  RERENDER_STRENGTH: '1',
  RERENDER_FRAMES: '0-1',
  RERENDER_DEVICE: 'cpu',
  XDG_CONFIG_HOME: at('config'),
});
const run = (args: readonly string[], more: Record<string, string> = {}) =>
  rerenderCommand(args, { cwd: folder, env: { ...env(), ...more } });

beforeAll(async () => {
  const { controlnet: _, ...values } = sd.values;
  const whole = repository(writeFolder(at('sd'), sd));
  const model = Object.fromEntries(Object.entries(whole).filter(([path]) => !path.startsWith('controlnet/')));
  const control = Object.fromEntries(
    Object.entries(whole).flatMap(([path, bytes]) => (path.startsWith('controlnet/') ? [[path.slice('controlnet/'.length), bytes]] : [])),
  );
  expect(Object.keys(values).length).toBe(3);
  hub = await startHub({
    'stable-diffusion-v1-5/stable-diffusion-v1-5': { ...model, 'model_index.json': Buffer.from('{}') },
    'lllyasviel/control_v11p_sd15_canny': control,
  });
  await makeClip(at('clip.mp4'), 'testsrc2', 2);
  mkdirSync(at('config', 'rerender'), { recursive: true });
});
afterAll(() => hub.close());

test('the recipe, line by line', { timeout: 120_000 }, async () => {
  expect(recipe.length).toBe(5);
  for (const line of recipe) {
    const [, text, file] = /^echo '(.*)' > (\S+)$/.exec(line) ?? [];
    if (text !== undefined && file !== undefined) {
      writeFileSync(at(file), text);
      continue;
    }
    const [program, ...args] = wordsOf(line);
    expect(program).toBe('rerender');
    const ran = await run(args);
    expect(ran.stderr).not.toMatch(/error|refused to/i);
    expect(ran.code).toBe(0);
    if (args.includes('--config')) expect(ran.stderr).toMatch(/\ncontrol {4}canny 0\.8 \(.*control_v11p_sd15_canny/);
  }
  expect(readdirSync(folder)).toContain('clip.rerender.mp4');
});

describe('models of other programs', () => {
  const comfy = (...names: string[]): string => at('ComfyUI', 'models', ...names);
  beforeAll(() => {
    for (const name of ['checkpoints/deep', 'loras', 'upscale_models']) mkdirSync(comfy(name), { recursive: true });
    writeFileSync(comfy('checkpoints', 'deep', 'toy_v1.safetensors'), safetensorsBytes(ldmState(sd)));
    writeFileSync(comfy('loras', 'ink.safetensors'), 'x');
    writeFileSync(comfy('upscale_models', 'x4.pth'), 'x');
    mkdirSync(at('webui', 'models', 'Stable-diffusion'), { recursive: true });
    symlinkSync(at('sd'), at('webui', 'models', 'Stable-diffusion', 'whole'), 'junction');
    const config = { modelFolders: [at('ComfyUI'), at('webui'), at('not-here')] };
    writeFileSync(at('config', 'rerender', 'config.json'), JSON.stringify(config));
  });

  test("are listed from the folders of the user's config", async () => {
    const listed = await run(['models', 'list']);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/\ncheckpoints\/deep\/toy_v1\.safetensors +\S+ MB .*ComfyUI.* \(SD 1\)\n/);
    expect(listed.stdout).toMatch(/\nloras\/ink\.safetensors .*\(LoRA\)\n/);
    expect(listed.stdout).toMatch(/\nStable-diffusion\/whole +\S+ MB /);
    expect(listed.stdout).not.toContain('x4');
    const json = JSON.parse((await run(['models', 'list', '--json'])).stdout) as { library: { kind: string }[] };
    expect(json.library.map(({ kind }) => kind)).toEqual(['model', 'LoRA', 'model']);
  });

  test('are found by their names; the plan says what no ControlNet means', { timeout: 60_000 }, async () => {
    const dry = ['clip.mp4', '--style', 'ink', '--dry-run', '-o', 'other.mp4'];
    const found = await run([...dry, '--model', 'toy_v1']);
    expect(found.stdout).toMatch(/\nmodel {6}.*toy_v1\.safetensors, /);
    expect(found.stdout).toMatch(/\ncontrol {4}none: --strength alone holds the source; name a ControlNet .*--control canny=PATH/);
    expect((await run(['models', 'inspect', 'toy_v1'])).stdout).toMatch(/Stable Diffusion 1/);
    writeFileSync(comfy('checkpoints', 'TOY_V1.ckpt'), 'x');
    const several = await run([...dry, '--model', 'toy_v1']);
    expect(several.stderr).toMatch(/toy_v1 may be .*TOY_V1\.ckpt or .*toy_v1\.safetensors: give the path of one/);
    expect(several.code).toBe(2);
    const absent = await run([...dry, '--model', 'toy_v2']);
    expect(absent.stderr).toMatch(/no model folder or file toy_v2: .*`rerender models list` shows .*`rerender models get OWNER\/NAME`/);
    expect(absent.code).toBe(3);
  });
});

test('models inspect without a path tells what the embedded model is', async () => {
  const { stdout, code } = await run(['models', 'inspect']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /rerender-mini\n[\s\S]*unet +6\.4 M parameters[\s\S]*styles it was taught[\s\S]*watercolor[\s\S]*limit: It restyles/,
  );
  const json = JSON.parse((await run(['models', 'inspect', '--json'])).stdout) as { styles: string[]; limits: string[] };
  expect(json.styles).toContain('vangogh');
  expect(json.limits.length).toBeGreaterThan(2);
  const words = JSON.parse((await run(['models', 'inspect', 'rerender-words', '--json'])).stdout) as { words: string[]; hands: string[] };
  expect([words.words.length, words.words[0], words.hands.length]).toEqual([164, 'airplane', 5]);
});
