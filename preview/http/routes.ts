// What the server answers, by method and path.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { reportFile } from '../../pipeline/jobs/report/report.ts';
import { FREEU_KINDS, OVERLAYS } from '../api.ts';
import type { Studio } from '../studio/studio.ts';
import { sendBytes, sendFile, sendJson } from './answer.ts';
import { readBody, readPictureBytes } from './body.ts';
import type { PageFile } from './page-files.ts';
import { Refused } from './refuse.ts';
import type { Streams } from './streams.ts';

export type Site = { readonly studio: Studio; readonly streams: Streams; readonly files: ReadonlyMap<string, PageFile> };

type Asked = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** What the path's pattern caught. */
  readonly part: string;
};
type Answer = (site: Site, asked: Asked) => Promise<void> | void;

const CLIENT = /^[\w-]{8,64}$/;

const clientOf = (value: unknown): string => {
  if (typeof value === 'string' && CLIENT.test(value)) return value;
  throw new Refused(400, 'client must be a name of 8 to 64 letters and digits, the same for all requests of a page.');
};

const integer = (value: unknown, name: string): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Refused(400, `${name} must be a whole number from 0 on.`);
};

const TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
};

const typeOf = (path: string): string => TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';

const page: Answer = ({ files }, { part, response }) => {
  const file = files.get(part || 'index.html');
  if (!file) throw new Refused(404, 'There is nothing at that address.');
  sendBytes(response, file.bytes, file.type, false);
};

const listen: Answer = ({ studio, streams }, { query, response }) => {
  const client = clientOf(query.get('client'));
  streams.open(client, response, () => studio.drop(client));
};

const picture: Answer = ({ studio }, { part, response }) => {
  const [id = '', ending = ''] = part.split('.');
  const bytes = studio.pictures.file(id);
  if (!bytes) throw new Refused(404, 'That picture is no longer at hand: draw it again.');
  sendBytes(response, bytes, ending === 'svg' ? 'image/svg+xml' : 'image/png', true);
};

const rendered: Answer = async ({ studio }, { request, response, query }) => {
  const info = studio.renders.info();
  if (info?.state !== 'done') throw new Refused(404, 'No render is finished yet.');
  if (query.has('download')) {
    const name = encodeURIComponent(info.output.split(/[\\/]/).at(-1)!);
    response.setHeader('content-disposition', `attachment; filename*=UTF-8''${name}`);
  }
  await sendFile(request, response, info.output, typeOf(info.output));
};

/** The report's own scripts run, apart from the page: it has no origin, and may ask nobody. */
const REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox allow-scripts";

const report: Answer = async ({ studio }, { request, response }) => {
  const info = studio.renders.info();
  if (info?.state !== 'done' || !info.report) throw new Refused(404, 'No report was written: render with a report.');
  response.setHeader('content-security-policy', REPORT_POLICY);
  await sendFile(request, response, reportFile(info.output), 'text/html; charset=utf-8');
};

const uploaded: Answer = async ({ studio }, { part, request, response }) => {
  const path = await studio.uploads.pathOf(part);
  if (path === undefined) throw new Refused(404, 'That picture is gone: drop it once more.');
  await sendFile(request, response, path, typeOf(path));
};

const draw: Answer = async ({ studio }, { request, response }) => {
  const { client, request: number, frame, values } = await readBody(request);
  const asked = { client: clientOf(client), request: integer(number, 'request'), frame: integer(frame, 'frame') };
  sendJson(response, await studio.draw({ ...asked, values: values as Readonly<Record<string, unknown>> }));
};

const drawKeys: Answer = async ({ studio }, { request, response }) => {
  const { client, request: number, values } = await readBody(request);
  const asked = { client: clientOf(client), request: integer(number, 'request') };
  sendJson(response, await studio.drawKeys({ ...asked, values: values as Readonly<Record<string, unknown>> }));
};

const RENDER_ACTIONS = ['pause', 'resume', 'cancel'] as const;

const steer: Answer = async ({ studio: { renders } }, { part, response }) => {
  await renders[part as (typeof RENDER_ACTIONS)[number]]();
  sendJson(response, renders.info() ?? null);
};

const GET: readonly (readonly [RegExp, Answer])[] = [
  [/^$/, page],
  [/^([\w-]+\.(?:js|css|svg))$/, page],
  [/^api\/state$/, async ({ studio }, { response }) => sendJson(response, await studio.state())],
  [/^api\/usage$/, async ({ studio }, { response }) => sendJson(response, await studio.usage())],
  [/^api\/events$/, listen],
  [/^pictures\/([0-9a-f]{24}\.(?:png|svg))$/, picture],
  [
    /^frames\/(\d{1,9})\.webp$/,
    async ({ studio }, { part, query, response }) => {
      const source = await studio.source();
      sendBytes(response, await source.frame(Number(part), query.has('ahead')), 'image/webp', true);
    },
  ],
  [
    /^thumbnails\/(\d{1,9})\.webp$/,
    async ({ studio }, { part, response }) =>
      sendBytes(response, await (await studio.source()).thumbnail(Number(part)), 'image/webp', true),
  ],
  [/^uploads\/([0-9a-f]{24})$/, uploaded],
  [/^media\/result$/, rendered],
  [/^media\/report$/, report],
  [
    /^media\/source$/,
    async ({ studio }, { request, response }) => sendFile(request, response, await studio.playback.source(), 'video/mp4'),
  ],
  [
    /^rendered\/(\d{1,9})\.webp$/,
    async ({ studio }, { part, response }) => sendBytes(response, await studio.playback.frame(Number(part)), 'image/webp', true),
  ],
];

/** Ends when the asker has left without an answer. */
const leaving = (response: ServerResponse): AbortSignal => {
  const left = new AbortController();
  response.on('close', () => response.writableFinished || left.abort(new Error('whoever asked has left')));
  return left.signal;
};

const overlay: Answer = async ({ studio }, { request, response }) => {
  const { values, frame, kind } = await readBody(request);
  const known = OVERLAYS.find(one => one === kind);
  if (!known) throw new Refused(400, `kind must be one of ${OVERLAYS.join(', ')}.`);
  sendJson(response, await studio.overlay(values, integer(frame, 'frame'), known, leaving(response)));
};

const freeu: Answer = async ({ studio }, { request, response }) => {
  const { values, frame, kind } = await readBody(request);
  const known = FREEU_KINDS.find(one => one === kind);
  if (!known) throw new Refused(400, `kind must be one of ${FREEU_KINDS.join(', ')}.`);
  sendJson(response, await studio.freeu(values, integer(frame, 'frame'), known));
};

const save: Answer = async ({ studio }, { request, response }) => {
  const { values, overwrite } = await readBody(request);
  sendJson(response, await studio.save(values, overwrite === true));
};

const POST: readonly (readonly [RegExp, Answer])[] = [
  [/^api\/plan$/, async ({ studio }, { request, response }) => sendJson(response, await studio.plan((await readBody(request)).values))],
  [/^api\/draw$/, draw],
  [/^api\/keyframes$/, drawKeys],
  [/^api\/render$/, async ({ studio }, { request, response }) => sendJson(response, await studio.render((await readBody(request)).values))],
  [/^api\/save$/, save],
  [
    /^api\/picture$/,
    async ({ studio }, { request, response }) => sendJson(response, await studio.uploads.add(await readPictureBytes(request))),
  ],
  [/^api\/overlay$/, overlay],
  [/^api\/freeu$/, freeu],
  [/^api\/measure$/, async ({ studio }, { response }) => sendJson(response, await studio.measure())],
  [new RegExp(`^api/render/(${RENDER_ACTIONS.join('|')})$`), steer],
];

/** @throws Refused for what is not there */
export const answer = async (site: Site, path: string, asked: Omit<Asked, 'part'>): Promise<void> => {
  const { method } = asked.request;
  const routes = method === 'GET' ? GET : method === 'POST' ? POST : [];
  for (const [pattern, route] of routes) {
    const match = pattern.exec(path);
    if (match) return route(site, { ...asked, part: match[1] ?? '' });
  }
  if ([...GET, ...POST].some(([pattern]) => pattern.test(path))) throw new Refused(405, 'That address is asked in another way.');
  throw new Refused(404, 'There is nothing at that address.');
};
