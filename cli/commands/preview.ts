// `rerender preview INPUT`: a page on which a look is found on one frame, and the clip is rendered.
import { UsageError } from '../../config/errors.ts';
import { MAIN } from '../../config/jobs.ts';
import { AWAY_FLAGS, type AwayFlags, elsewhereOf } from '../away.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { leaveBySignal } from '../leave.ts';
import { openInBrowser } from '../open-browser.ts';
import { perform, type RunFlags } from '../perform.ts';

type Flags = RunFlags & { readonly host?: string; readonly port?: string; readonly open?: boolean } & AwayFlags;

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
/** Milliseconds that what is open gets to close after Ctrl-C; a step of a large network takes longer. */
const PATIENCE = 800;

const portOf = (text: string | undefined): number => {
  const port = Number(text ?? 0);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new UsageError(`--port must be a whole number from 0 to 65535, 0 for a free one; got ${text}.`);
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));

const patience = (): Promise<'late'> => new Promise(resolve => setTimeout(resolve, PATIENCE, 'late').unref());

const tell = (url: string, { json, quiet }: RunFlags): void => {
  process.stdout.write(json ? `${JSON.stringify({ type: 'preview', url })}\n` : `${url}\n`);
  if (!quiet && !json) process.stderr.write('The preview is at this address. Ctrl-C ends it.\n');
};

export const previewCommand = command<Flags>({
  name: 'preview',
  summary: 'Opens a page in the browser: find the look on one frame, then render the clip.',
  usage: 'INPUT [--style PROMPT] [options]',
  positionals: [{ name: '[input]', help: 'the clip' }],
  jobs: MAIN,
  flags: {
    Page: [
      { flag: '--port <n>', help: 'serve it at this port (default: one that is free)' },
      { flag: '--host <address>', help: 'serve it at this address; other machines then reach it (default: 127.0.0.1, this machine alone)' },
      { flag: '--no-open', help: 'print its address and open no browser' },
    ],
    'Many machines': AWAY_FLAGS,
    Terminal: RUN_FLAGS,
  },
  run: ({ positionals: [input], flags, layer }) =>
    perform(
      flags,
      layer,
      async ({ layers, onEvent, signal }, configInput) => {
        const clip = input ?? configInput;
        if (clip === undefined) throw new UsageError('No input: give a clip, e.g. rerender preview clip.mp4.');
        const { host = '127.0.0.1', open = true } = flags;
        if (!LOOPBACK.includes(host)) {
          const message = `the page is served at ${host}: whoever has its whole address sees the clip and may render; nothing is encrypted`;
          onEvent({ type: 'warning', message });
        }
        const elsewhere = elsewhereOf(flags);
        const { openPreview } = await import('../../preview/open-preview.ts');
        const preview = await openPreview({ input: clip, layers, onEvent, signal, host, port: portOf(flags.port), elsewhere });
        tell(preview.url, flags);
        if (open) openInBrowser(preview.url);
        await aborted(signal);
        // Finished parts are in the store, each whole: whatever still runs may be cut off.
        if ((await Promise.race([preview.close(), patience()])) === 'late') leaveBySignal('SIGINT');
      },
      'stopping',
    ),
});
