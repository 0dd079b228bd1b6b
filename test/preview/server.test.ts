// The preview's server against whoever else may ask it: strangers, broken pages, slow readers, many at once.
import { mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlanInfo } from '../../preview/api.ts';
import { type OpenedServer, openServer } from '../../preview/http/server.ts';
import { openStreams } from '../../preview/http/streams.ts';
import { openPreview, type Preview } from '../../preview/open-preview.ts';
import { openStudio } from '../../preview/studio/studio.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type Answered, askAt, asker } from './asking.ts';

const folder = temporaryFolder();
const clip = exampleClip();
const SMALL = { style: 'an oil painting', size: 64, steps: 2, interval: 4, frames: [0, 8], workDir: join(folder, 'store') } as const;

let preview: Preview;
let server: ReturnType<typeof asker>;
beforeAll(async () => {
  preview = await openPreview({ input: clip, ...SMALL });
  server = asker(preview.url);
  expect((await server.ask('api/state')).status).toBe(200);
}, 120_000);
afterAll(() => preview.close());

/** A sentence for people, without anything of this machine in it. */
const expectRefusal = ({ status, text, headers }: Answered, wanted: number): void => {
  expect(status).toBe(wanted);
  expect(headers['content-type']).toMatch(/^application\/json/);
  const { message } = JSON.parse(text) as { message: string };
  expect(message).toMatch(/^[\w/-].*[.?]$/s);
  expect(message).not.toContain(server.token.replaceAll('/', ''));
  expect(message).not.toMatch(/\bat .*:\d+:\d+|node:internal|\/preview\/|\.ts\b/);
};

describe('a stranger', () => {
  test.each([
    ['no token', '/'],
    ['no token before a path', '/api/state'],
    ['a wrong token', `/${'x'.repeat(24)}/api/state`],
    ['an empty token', '//api/state'],
    ['a token that is longer', '/TOKENx/api/state'],
    ['a token in another place', '/api/state?token=TOKEN'],
  ])('with %s is refused', async (_, path) => {
    expectRefusal(await askAt(server.port, path.replace('TOKEN', server.token.replaceAll('/', ''))), 403);
  });

  test.each(['evil.example', 'evil.example:PORT', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example:PORT', '10.0.0.1:PORT'])(
    'who calls the server %s is refused',
    async host => {
      expectRefusal(await server.ask('api/state', { headers: { host: host.replace('PORT', String(server.port)) } }), 403);
    },
  );

  test('finds it by every name of this machine', async () => {
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      expect((await server.ask('api/state', { headers: { host: `${name}:${server.port}` } })).status).toBe(200);
    }
  });

  test.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'https://127.0.0.1:PORT' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('whose page has %o is refused', async given => {
    const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value!.replace('PORT', String(server.port))]));
    expectRefusal(await server.ask('api/state', { headers }), 403);
    expectRefusal(await server.post('api/draw', {}, headers), 403);
  });
});

test.each([
  '../package.json',
  '..%2fpackage.json',
  '%2e%2e/%2e%2e/etc/passwd',
  '....//....//etc/passwd',
  '..\\..\\package.json',
  'page.js/../../../package.json',
  'pictures/../../../../etc/passwd',
  'pictures/%2e%2e%2f%2e%2e%2fetc%2fpasswd.png',
  'frames/../../../etc/passwd',
  'media/../../etc/passwd',
  '/etc/passwd',
  'page.js%00.png',
  'LICENSES.txt',
  'frames/-1.webp',
  'frames/1e9.webp',
  'frames/99999999.webp',
  'thumbnails/7777.webp',
  'pictures/000000000000000000000000.png',
  'media/result',
  'media/source',
  'rendered/0.webp',
  '__proto__',
  'constructor',
])('there is nothing at %s', async path => {
  const answered = await server.ask(path);
  expect([403, 404]).toContain(answered.status);
  expectRefusal(answered, answered.status);
});

describe('a request', () => {
  test('of the wrong kind is refused', async () => {
    expectRefusal(await server.ask('api/draw'), 405);
    expectRefusal(await server.post('api/state', {}), 405);
    expectRefusal(await server.ask('api/state', { method: 'DELETE' }), 405);
    expectRefusal(await server.ask('api/draw', { method: 'POST', body: '{}' }), 415);
    expectRefusal(await server.ask('api/draw', { method: 'POST', body: 'a=1', headers: { 'content-type': 'text/plain' } }), 415);
  });

  const draw = { client: 'abcdefgh', request: 1, frame: 0, values: {} };
  test.each<[string, string | Buffer, number, RegExp]>([
    ['that is no JSON', '{', 400, /JSON/],
    ['that is a list', '[]', 400, /object/],
    ['that is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, /UTF-8/],
    ['that nests without end', `${'['.repeat(20_000)}`, 400, /nests/],
    ['that is too large', JSON.stringify({ ...draw, values: { style: 'x'.repeat(70_000) } }), 413, /larger/],
    ['without a client', JSON.stringify({ ...draw, client: undefined }), 400, /client/],
    ['with a client of another kind', JSON.stringify({ ...draw, client: '../../x' }), 400, /client/],
    ['with half a frame', JSON.stringify({ ...draw, frame: 0.5 }), 400, /frame/],
    ['with a frame as text', JSON.stringify({ ...draw, frame: '0' }), 400, /frame/],
    ['with values that are a list', JSON.stringify({ ...draw, values: [] }), 400, /values/],
    ['with an unknown option', JSON.stringify({ ...draw, values: { stile: 'x' } }), 400, /stile is not an option\. Did you mean style/],
    ['with an option of the prototype', '{"client":"abcdefgh","request":1,"frame":0,"values":{"__proto__":1}}', 400, /__proto__/],
    ['with an option that names a place', JSON.stringify({ ...draw, values: { output: '/tmp/x.mp4' } }), 400, /output is not set from/],
    ['with another model', JSON.stringify({ ...draw, values: { model: '/tmp' } }), 400, /model is not set from/],
    ['with a value out of range', JSON.stringify({ ...draw, values: { strength: 7 } }), 400, /strength must be a number from 0 to 1/],
    ['with factors that are none', JSON.stringify({ ...draw, values: { freeu: 'lots' } }), 400, /freeu must be/],
    ['with values that contradict', JSON.stringify({ ...draw, values: { freeuStart: 0.8, freeuEnd: 0.2 } }), 400, /freeu-end/],
    ['with a range outside the clip', JSON.stringify({ ...draw, values: { frames: '900-999' } }), 422, /frames/],
  ])('%s is refused in a sentence', async (_, body, status, message) => {
    const answered = await server.ask('api/draw', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expectRefusal(answered, status);
    expect(answered.text).toMatch(message);
  });

  test('of an overlay or an action that there is not is refused', async () => {
    expectRefusal(await server.post('api/overlay', { frame: 0, kind: 'x', values: {} }), 400);
    expectRefusal(await server.post('api/render/explode', {}), 404);
    expectRefusal(await server.post('api/render/resume', {}), 409);
    expectRefusal(await server.post('api/measure', {}), 404);
    expectRefusal(await server.post('api/keyframes', { client: 'abcdefgh', request: 1, values: { stile: 'x' } }), 400);
    expectRefusal(await server.ask('media/report'), 404);
  });

  test('says nothing to other origins, and may not be framed', async () => {
    const { headers } = await server.ask('');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('key frames by hand', () => {
  const planOf = async (values: Readonly<Record<string, unknown>>): Promise<PlanInfo> =>
    JSON.parse((await server.post('api/plan', { values })).text) as PlanInfo;
  const put = (body: Buffer, type = 'image/png') => server.ask('api/picture', { method: 'POST', body, headers: { 'content-type': type } });
  const flat = (width: number, height: number, alpha = 1) =>
    sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 30, alpha } } });

  test('pages count frames of the clip, the command those of the part; what lies outside it is left out', async () => {
    const values = { frames: '2-8', keyframesAt: '1,4,7,9', keyframeSeed: ['4=11', '9=12'], anchor: '7' };
    const plan = await planOf(values);
    expect(plan).toMatchObject({ from: 2, keyframes: [2, 4, 7, 8], anchors: [7], seeds: { 4: 11 } });
    expect(plan.values).toMatchObject({ keyframesAt: '4,7', keyframeSeed: ['4=11'], anchor: '7' });
    expect(plan.command).toContain(' --frames 2-8 ');
    expect(plan.command).toContain(' --keyframes-at 2,5 --keyframe-seed 2=11 --anchor 5 ');
    const whole = await planOf({ keyframesAt: '0' });
    expect(whole).toMatchObject({ from: 0, keyframes: [0, 8], anchors: [0], supplied: [] });
  });

  test('parts beside which the clip stays are counted as the page counts, and cut to what is rendered', async () => {
    const plan = await planOf({ frames: '2-8', only: ['0-3', '7-20', '20-30'] });
    expect(plan).toMatchObject({
      from: 2,
      frames: 7,
      only: [
        { first: 2, last: 3 },
        { first: 7, last: 8 },
      ],
    });
    expect(plan.values.only).toEqual(['2-3', '7-8']);
    expect(plan.command).toContain(' --frames 2-8 --only 0-1 --only 5-6 ');
    expect((await planOf({})).only).toEqual([]);
  });

  test('a picture that is dropped lies beside the clip, and stands for its frame', async () => {
    const bytes = await flat(96, 54).jpeg().toBuffer();
    const { id } = JSON.parse((await put(bytes, 'image/jpeg')).text) as { id: string };
    expect(await readFile(join(`${clip}.pictures`, `${id}.jpg`))).toEqual(bytes);
    expect((await server.ask(`uploads/${id}`)).bytes).toEqual(bytes);
    const plan = await planOf({ frames: '1-8', keyframe: [`3=${id}`] });
    expect(plan).toMatchObject({ supplied: [3], values: { keyframe: [`3=${id}`] } });
    expect(plan.command).toContain(`--keyframe 2=${clip}.pictures/${id}.jpg`);
    expect((await planOf({ anchorImage: id })).values.anchorImage).toBe(id);
  });

  test.each<[string, () => Promise<Answered>, number, RegExp]>([
    ['no picture by its kind', () => put(Buffer.from('x'), 'text/plain'), 415, /no picture/],
    ['no picture by its bytes', () => put(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')), 415, /PNG, JPEG or WebP/],
    ['half a picture', async () => put((await flat(96, 54).png().toBuffer()).subarray(0, 70)), 422, /damaged/],
    ['a transparent one', async () => put(await flat(96, 54, 0.5).png().toBuffer()), 422, /transparent/],
    [
      'one with too many pixels',
      async () =>
        put(
          await sharp({ create: { width: 12_000, height: 9_000, channels: 3, background: '#000' } })
            .png()
            .toBuffer(),
        ),
      422,
      /more than \d+ pixels/,
    ],
    ['too many bytes', () => put(Buffer.alloc(48 * 2 ** 20 + 1)), 413, /larger/],
    ['a file of this machine', () => server.post('api/plan', { values: { keyframe: ['0=/etc/passwd'] } }), 400, /drop the picture/],
    ['a file of this machine, as style', () => server.post('api/plan', { values: { anchorImage: '../x.png' } }), 400, /drop the picture/],
    ['a picture that is gone', () => server.post('api/plan', { values: { keyframe: [`0=${'0'.repeat(24)}`] } }), 404, /drop it once more/],
    ['a list that is none', () => server.post('api/plan', { values: { keyframe: { 0: 'x' } } }), 400, /list of texts/],
    ['a part that is none', () => server.post('api/plan', { values: { only: ['x'] } }), 400, /only/],
    ['no seed', () => server.post('api/plan', { values: { keyframeSeed: ['4'] } }), 400, /FRAME=SEED/],
    ['no places', () => server.post('api/plan', { values: { keyframesAt: 'x' } }), 400, /--keyframes-at must be|keyframesAt/],
    ['an upload that is not there', () => server.ask(`uploads/${'0'.repeat(24)}`), 404, /gone/],
  ])('%s is refused in a sentence, and nothing of it is left', async (_, asked, status, message) => {
    const before = await readdir(`${clip}.pictures`).catch(() => []);
    const answered = await asked();
    expectRefusal(answered, status);
    expect(answered.text).toMatch(message);
    expect(await readdir(`${clip}.pictures`).catch(() => [])).toEqual(before);
  });

  test('a picture of another shape is told by the plan', async () => {
    const { id } = JSON.parse((await put(await flat(64, 64).png().toBuffer())).text) as { id: string };
    const answered = await server.post('api/plan', { values: { keyframe: [`0=${id}`] } });
    expectRefusal(answered, 400);
    expect(answered.text).toMatch(/taller in shape than the clip/);
  });
});

test('where pixels come from: the nearer key frame has the larger part, and a key frame comes from none', { timeout: 60_000 }, async () => {
  const partsOf = async (frame: number): Promise<{ first: number; last: number }> => {
    const { id } = JSON.parse((await server.post('api/overlay', { frame, kind: 'origins', values: {} })).text) as { id: string };
    const { data } = await sharp((await server.ask(`pictures/${id}.png`)).bytes)
      .raw()
      .toBuffer({ resolveWithObject: true });
    let [first, last] = [0, 0];
    for (let p = 0; p < data.length; p += 3) {
      if (data[p]! > data[p + 2]!)
        first++; // gold
      else last++; // teal
    }
    return { first, last };
  };
  const [near, far] = [await partsOf(1), await partsOf(3)];
  expect(near.first).toBeGreaterThan(2 * near.last);
  expect(far.last).toBeGreaterThan(2 * far.first);
  expectRefusal(await server.post('api/overlay', { frame: 4, kind: 'origins', values: {} }), 404);
  expectRefusal(await server.post('api/overlay', { frame: 1, kind: 'origins', values: { propagate: 'warp' } }), 404);
});

/** Begins a stream of events and never reads on; resolves with what ends it. */
const listenTo = (client: string, { reads = true } = {}) => {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`GET ${server.token}api/events?client=${client} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
  let text = '';
  const events = new Promise<string>(resolve => {
    socket.on('data', chunk => {
      text += chunk;
      if (text.includes('retry:')) resolve(text);
      if (!reads) socket.pause();
    });
  });
  return { socket, opened: events, text: () => text };
};

test('fifty pages listen; those that do not read are no burden, and their leaving stops their drawings', { timeout: 60_000 }, async () => {
  const before = process.memoryUsage().rss;
  const pages = Array.from({ length: 50 }, (_, i) => listenTo(`page-number-${i}`, { reads: i % 2 === 0 }));
  await Promise.all(pages.map(({ opened }) => opened));
  const answers = await Promise.all(
    pages.map((_, i) => server.post('api/draw', { client: `page-number-${i}`, request: 1, frame: 0, values: { seed: i } })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  for (const { socket } of pages) socket.destroy();
  const began = performance.now();
  expect((await server.ask('api/state')).status).toBe(200);
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
});

test('the sixty-fifth page is told so', async () => {
  const pages = Array.from({ length: 64 }, (_, i) => listenTo(`many-pages-${i}`));
  await Promise.all(pages.map(({ opened }) => opened));
  expectRefusal(await server.ask('api/events?client=one-too-many'), 503);
  for (const { socket } of pages) socket.destroy();
});

test('connections that break in the middle of a request leave it as it was', async () => {
  const host = `Host: 127.0.0.1:${server.port}\r\n`;
  for (const text of [
    `POST ${server.token}api/draw HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{"cl`,
    `GET ${server.token}frames/0.webp HTTP/1.1\r\n${host}\r\n`,
    'GET / HTTP/9.9\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
  ]) {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise(resolve => socket.write(text, resolve));
    socket.destroy();
  }
  expect((await server.ask('api/state')).status).toBe(200);
});

/** Says something to a server in pieces, and listens until it hangs up. */
const sayTo = (port: number, pieces: readonly (string | Buffer)[], apart = 0): Promise<string> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    const waiting = [...pieces];
    let text = '';
    const say = (): void => {
      const piece = waiting.shift();
      if (piece !== undefined && socket.writable) socket.write(piece);
    };
    const timer = setInterval(say, apart);
    socket.on('data', chunk => (text += chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve(text);
    });
    say();
  });

describe('who sends slowly', () => {
  const stop = new AbortController();
  const streams = openStreams();
  const request = { input: clip, ...SMALL };
  const studio = openStudio({ request, tell: streams.send, broadcast: streams.broadcast, signal: stop.signal });
  let slow: OpenedServer;
  beforeAll(async () => {
    slow = await openServer({ studio, streams, files: new Map() }, { host: '127.0.0.1', port: 0, patience: 900 });
  });
  afterAll(async () => {
    stop.abort(new Error('the test ends'));
    await slow.close();
    await studio.close();
  });
  const begins = (path: string, type: string, length: number, { url } = slow): string => {
    const { port, pathname } = new URL(url);
    return `POST ${pathname}${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
  };
  const portOf = () => Number(new URL(slow.url).port);
  const LATE = /^HTTP\/1\.1 408 .*connection: close\r\n\r\n\{"message":"The request took too long to arrive: send it again\."\}$/s;

  test('a head, JSON or a picture is told so, and let go', async () => {
    const letters = [...'{"values":{"style":"a very long story"'.repeat(4)];
    const [head, json] = await Promise.all([
      sayTo(portOf(), ['POST /', ...letters], 40),
      sayTo(portOf(), [begins('api/plan', 'application/json', 9000), ...letters], 40),
    ]);
    expect(head).toMatch(LATE);
    expect(json).toMatch(LATE);
  });

  test('is no burden: thirty pictures that stop in the middle leave no memory and no file behind', { timeout: 30_000 }, async () => {
    const before = { rss: process.memoryUsage().rss, files: await readdir(`${clip}.pictures`).catch(() => []) };
    const piece = Buffer.alloc(2 ** 20, 0x89);
    const said = await Promise.all(
      Array.from({ length: 30 }, () => sayTo(portOf(), [begins('api/picture', 'image/png', 40 * 2 ** 20), piece], 20)),
    );
    for (const text of said) expect(text).toMatch(LATE);
    expect(await readdir(`${clip}.pictures`).catch(() => [])).toEqual(before.files);
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(120 * 2 ** 20);
    expect((await askAt(portOf(), `${new URL(slow.url).pathname}nothing`)).status).toBe(404);
  });

  test('too much at once is told so before it fills the memory', { timeout: 60_000 }, async () => {
    const patient = await openServer({ studio, streams, files: new Map() }, { host: '127.0.0.1', port: 0, patience: 6_000 });
    const piece = Buffer.alloc(45 * 2 ** 20, 0x89);
    const asked = () => sayTo(Number(new URL(patient.url).port), [begins('api/picture', 'image/png', 46 * 2 ** 20, patient), piece], 5);
    const said = await Promise.all(Array.from({ length: 6 }, asked));
    await patient.close();
    expect(said.some(text => /^HTTP\/1\.1 503 .*send it again in a moment\./s.test(text))).toBe(true);
  });

  test('what is no request is told so', async () => {
    expect(await sayTo(portOf(), ['\0\0\r\n\r\n'])).toMatch(/^HTTP\/1\.1 400 .*"That is no request that a page makes\."\}$/s);
  });

  test('a body without an announced length is cut off when it is too large', async () => {
    const [head = ''] = begins('api/plan', 'application/json', 0).split('Content-Length');
    const chunk = Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`);
    expect(await sayTo(portOf(), [`${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk])).toMatch(/^HTTP\/1\.1 413 .*larger/s);
  });

  test('a page that does not read its events is cut off, and memory stays flat', { timeout: 30_000 }, async () => {
    const { pathname } = new URL(slow.url);
    const socket = connect(portOf(), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET ${pathname}api/events?client=never-reads HTTP/1.1\r\nHost: 127.0.0.1:${portOf()}\r\n\r\n`);
    socket.pause();
    await expect.poll(streams.count).toBe(1);
    const before = process.memoryUsage().rss;
    const message = 'x'.repeat(2 ** 18);
    for (let sent = 0; sent < 400 && streams.count() > 0; sent++) {
      streams.broadcast({ type: 'warning', message });
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(streams.count()).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * 2 ** 20);
    socket.destroy();
  });
});

test('two servers serve one clip at the same time, each with a token of its own', async () => {
  const other = await openPreview({ input: exampleClip(), ...SMALL, seed: 'random' });
  try {
    const there = asker(other.url);
    expect(there.token).not.toBe(server.token);
    const seedOf = async () => (JSON.parse((await there.post('api/plan', { values: {} })).text) as PlanInfo).values.seed;
    expect(await seedOf()).toBe(await seedOf()); // it is drawn once
    expect((await there.ask('api/state')).status).toBe(200);
    expect((await askAt(there.port, `${server.token}api/state`, {})).status).toBe(403);
  } finally {
    await other.close();
  }
  expect((await server.ask('api/state')).status).toBe(200);
});

test('at every address the token is asked for, and only numbers and names of this machine lead to it', async () => {
  const other = await openPreview({ input: exampleClip(), ...SMALL, host: '0.0.0.0' });
  try {
    const there = asker(other.url);
    const asked = async (host: string): Promise<number> =>
      (await there.ask('page.js', { headers: { host: `${host}:${there.port}` } })).status;
    expect(await asked('192.168.1.7')).toBe(200);
    expect(await asked('evil.example')).toBe(403);
    expect((await askAt(there.port, '/page.js')).status).toBe(403);
  } finally {
    await other.close();
  }
});

test('a port that is taken is told', async () => {
  await expect(openPreview({ input: exampleClip(), ...SMALL, port: server.port })).rejects.toThrow(/port \d+ is taken: name another/);
});

test('a clip that is none is told by the page', async () => {
  const other = await openPreview({ ...SMALL, input: join(mkdtempSync(join(folder, 'x')), 'missing.mp4') });
  try {
    const answered = await asker(other.url).ask('api/state');
    expect(answered.status).toBe(422);
    expect(answered.text).toContain('missing.mp4');
  } finally {
    await other.close();
  }
});
