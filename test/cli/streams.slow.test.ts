// Readers that leave and devices that are full: a run goes on without them.
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { look } from '../media/support.ts';
import { exampleClip } from '../support/example.ts';
import { MAIN, start } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = join(folder, 'clip.mp4');
copyFileSync(exampleClip(), clip);

const RUN = '--style ink --size 64 --steps 2 --interval 2 --frames 6 --no-cache';

/** Runs a line of bash in which `rerender` is the built command, and whose last word is the exit code of the pipe's first part. */
const shell = async (line: string) => {
  const script = `rerender() { "${process.execPath}" "${MAIN}" "$@"; }\n${line}`;
  const ended = await start('bash', ['-c', script], { cwd: folder }).ended;
  return { ...ended, first: Number(/first=(\d+)/.exec(ended.stdout + ended.stderr)?.[1]) };
};
const FIRST = '; echo "first=$PIPESTATUS"'; // bash: the first of the list

describe.skipIf(process.platform === 'win32')('a run goes on and finishes', () => {
  it.each([
    ['--json | head -1', `rerender clip.mp4 ${RUN} --json -o json.mp4 | head -1${FIRST}`, 'json.mp4'],
    ['2>&1 | head -1', `rerender clip.mp4 ${RUN} -o both.mp4 2>&1 | head -1${FIRST}`, 'both.mp4'],
    ['--json | true', `rerender clip.mp4 ${RUN} --json -o none.mp4 | true${FIRST}`, 'none.mp4'],
    ['closed streams', `rerender clip.mp4 ${RUN} --json -o closed.mp4 >&- 2>&-; echo "first=$?"`, 'closed.mp4'],
    ['stderr on a full device', `rerender clip.mp4 ${RUN} -o full.mp4 2>/dev/full; echo "first=$?"`, 'full.mp4'],
  ])('%s', async (_, line, output) => {
    expect((await shell(line)).first).toBe(0);
    expect(look(join(folder, output)).times(0)).toHaveLength(6);
  });

  it('while its reader pauses', async () => {
    const line = `rerender clip.mp4 ${RUN} --json -o paused.mp4 2>err > >(sleep 8; cat > lines); wait $!; echo "first=$?"`;
    expect((await shell(line)).code).toBe(0);
    expect(existsSync(join(folder, 'paused.mp4'))).toBe(true);
  });
});

describe.skipIf(process.platform === 'win32')('commands that only tell', () => {
  it.each(['config', 'presets', '--help-all', 'models list'])('%s | true ends quietly', async command => {
    const { first, stderr } = await shell(`rerender ${command} | true${FIRST}`);
    expect([first, stderr]).toEqual([0, '']);
  });

  it.runIf(existsSync('/dev/full')).each(['config', 'presets', '--help', 'config --json'])(
    '%s on a full device fails in words',
    async command => {
      const { code, stderr } = await shell(`rerender ${command} >/dev/full`);
      expect(stderr).toMatch(/^rerender: stdout took less than it was given \(ENOSPC\)[^\n]*\n$/);
      expect(code).toBe(1);
    },
  );

  it.runIf(existsSync('/dev/full'))('a run whose events are lost to a full device keeps its result and says so', async () => {
    const { code, stderr } = await shell(`rerender clip.mp4 ${RUN} --json -o events.mp4 >/dev/full`);
    expect(stderr).toMatch(/stdout took less than it was given/);
    expect(code).toBe(1);
    expect(look(join(folder, 'events.mp4')).times(0)).toHaveLength(6);
  });
});
