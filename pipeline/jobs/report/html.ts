// A report as one HTML file that holds everything it shows.
import { SCRIPT, STYLE } from './style.ts';

/** A picture as a data URI. */
export type Shown = { readonly src: string; readonly width: number; readonly height: number };

export type Row = readonly [name: string, value: string];

export type ReportParts = {
  readonly title: string;
  /** Sentences below the title. */
  readonly facts: readonly string[];
  readonly command: string;
  /** A frame of the source, and the same of the result. */
  readonly pairs: readonly { readonly frame: number; readonly source: Shown; readonly result: Shown }[];
  readonly keyframes: readonly { readonly frame: number; readonly note: string; readonly picture: Shown }[];
  /** Key frames that there are, of which some may not be shown. */
  readonly keyframeCount: number;
  readonly verdicts: readonly string[];
  /** Drawings, SVG. */
  readonly plot: string;
  readonly plan: string | undefined;
  /** Options that somebody asked for, and the others. */
  readonly asked: readonly Row[];
  readonly others: readonly Row[];
  readonly versions: readonly Row[];
};

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const image = ({ src, width, height }: Shown, alt: string): string =>
  `<img src="${src}" width="${width}" height="${height}" alt="${escaped(alt)}">`;

const pairHtml = ({ frame, source, result }: ReportParts['pairs'][number]): string => `<figure>
<div class="wipe">${image(source, `Frame ${frame} of the source`)}${image(result, `Frame ${frame} of the result`)}<input type="range"
 min="0" max="100" value="50" aria-label="Frame ${frame}: how much of it shows the source"></div>
<figcaption>frame ${frame}: source on the left, result on the right</figcaption>
</figure>`;

const keyHtml = ({ frame, note, picture }: ReportParts['keyframes'][number]): string => {
  const words = [String(frame), note].filter(Boolean).join(', ');
  return `<figure>${image(picture, `Key frame ${frame}`)}<figcaption>${escaped(words)}</figcaption></figure>`;
};

const table = (rows: readonly Row[]): string =>
  `<table>${rows.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('\n')}</table>`;

const section = (title: string, ...body: readonly string[]): string =>
  `<section>\n<h2>${escaped(title)}</h2>\n${body.join('\n')}\n</section>`;

const keysTitle = ({ keyframes, keyframeCount }: ReportParts): string =>
  keyframes.length < keyframeCount ? `Key frames: ${keyframes.length} of ${keyframeCount}` : 'Key frames';

const planHtml = ({ plan }: ReportParts): string =>
  plan === undefined ? '' : section('The plan', `<div class="drawing" role="img" aria-label="The plan of the run">${plan}</div>`);

/** The file loads nothing, runs the wipe alone, and is sent nowhere. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

export const reportHtml = (parts: ReportParts): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(parts.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(parts.title)}</h1>
${parts.facts.map(fact => `<p class="soft">${escaped(fact)}</p>`).join('\n')}
${section('Source and result', `<div class="grid">${parts.pairs.map(pairHtml).join('\n')}</div>`)}
${parts.keyframes.length > 0 ? section(keysTitle(parts), `<div class="grid keys">${parts.keyframes.map(keyHtml).join('\n')}</div>`) : ''}
${section(
  'How steady is the result?',
  `<pre>${escaped(parts.verdicts.join('\n'))}</pre>`,
  `<div class="drawing plot" role="img" aria-label="Measures over the frames">${parts.plot}</div>`,
)}
${section('The command', `<pre>${escaped(parts.command)}</pre>`)}
${section('Settings', table(parts.asked), `<details><summary>All others</summary>${table(parts.others)}</details>`)}
${section('Made with', table(parts.versions))}
${planHtml(parts)}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
