// The preview as a whole: what draws, and the server that shows it.
import type { Layer } from '../config/layers.ts';
import { layersOf, optionsOf, type Request } from '../pipeline/session/request.ts';
import { readPageFiles } from './http/page-files.ts';
import { openServer } from './http/server.ts';
import { openStreams } from './http/streams.ts';
import type { Elsewhere } from './studio/render.ts';
import { openStudio } from './studio/studio.ts';

export type PreviewOptions = Request & {
  /** The address to listen on; default this machine alone. */
  readonly host?: string;
  /** Default: one that is free. */
  readonly port?: number;
  /** Has the clip rendered by other machines; default this one. */
  readonly elsewhere?: Elsewhere | undefined;
};

export type Preview = {
  /** Where the page is, with its token. */
  readonly url: string;
  close(): Promise<void>;
};

/** What the page begins with where nobody names a style: something is to be seen at once. */
const FIRST_STYLE: Layer = { origin: { kind: 'file', detail: 'the page' }, values: { preset: 'watercolor' } };

/** What the page begins with: with some style, and with one seed where a random one is asked for. */
const begun = async (request: Request): Promise<Request> => {
  const { style, preset, seed } = await optionsOf(request);
  const drawn =
    layersOf(request).find(({ values }) => values.seed !== undefined)?.values.seed === 'random' ? { ...request, seed } : request;
  return style || preset ? drawn : { ...drawn, layers: [...(request.layers ?? []), FIRST_STYLE] };
};

/**
 * Opens a preview of a clip: a page on which its look is found, and from which it is rendered.
 * @throws UsageError for options or an address that cannot be had
 */
export const openPreview = async ({ host = '127.0.0.1', port = 0, elsewhere, ...given }: PreviewOptions): Promise<Preview> => {
  const request = await begun(given);
  const stop = new AbortController();
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal;
  const streams = openStreams();
  const studio = openStudio({ request, tell: streams.send, broadcast: streams.broadcast, signal, elsewhere });
  studio.source().catch(() => undefined); // opens clip and model while the browser starts; what fails is told by the first request
  const server = await openServer({ studio, streams, files: await readPageFiles() }, { host, port });
  return {
    url: server.url,
    close: async () => {
      stop.abort(new Error('the preview ends'));
      await server.close();
      await studio.close();
    },
  };
};
