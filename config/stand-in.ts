// What lies in a file's place when a download brought something else: a pointer of Git, a web page, a server's reply.

const HUB = 'for a model of the hub `rerender models get OWNER/NAME` does';

/** How each begins, behind a byte order mark and white space, and what to say of it. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [
    /^version https?:\/\/(git-lfs\.github|hawser\.github|git-media)\./,
    `is a Git LFS pointer, not the file itself: run \`git lfs pull\` in its folder, or download the file; ${HUB}`,
  ],
  [/^# xet version /, `is a Xet pointer, not the file itself: run \`git xet checkout\` in its folder, or download the file; ${HUB}`],
  [/^[\w./-]*annex\/objects\//, `is a git-annex pointer, not the file itself: run \`git annex get\` in its folder, or download the file`],
  [
    /^(<\?xml[^>]*>\s*)?<(!--|!doctype\s+html|html|head|body|title|meta|script)\b/i,
    `is a web page (HTML), not the file itself: download the file, not the page that shows it; ${HUB}`,
  ],
  [/^<(\?xml|!doctype|[a-z][\w:]*[\s/>])/i, `is XML, as of a server's error reply, not the file itself: download the file again; ${HUB}`],
];

const HEAD = 1024; // bytes or characters that are looked at

/** The beginning as text, without what may stand before it; bytes that are no UTF-8 become U+FFFD. */
const beginning = (content: Uint8Array | string): string => {
  const text = typeof content === 'string' ? content.slice(0, HEAD) : new TextDecoder().decode(content.subarray(0, HEAD), { stream: true });
  return text.replace(/^\uFEFF/, '').trimStart();
};

const COMMENTS = /<!--[\s\S]*?-->\s*/g;

/**
 * What a text or the first bytes of a file say of a pointer or a page in the file's place: the end of a sentence that begins with the path.
 * Undefined for everything else, JSON included.
 */
export const standIn = (content: Uint8Array | string): string | undefined => {
  const text = beginning(content).replace(COMMENTS, '');
  return SIGNS.find(([sign]) => sign.test(text))?.[1];
};

const SHOWN = 60; // characters of a text in a message

// biome-ignore lint/suspicious/noControlCharactersInRegex: a text has none of these
const NO_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/;

/** As {@link standIn} for files that are never text, as weights: any text is told, JSON as such. */
export const textInPlace = (head: Uint8Array): string | undefined => {
  const [other, text] = [standIn(head), beginning(head)];
  if (other !== undefined || text === '' || NO_TEXT.test(text)) return other;
  const kind = /^[[{]/.test(text) ? 'JSON' : 'a text';
  const start = JSON.stringify(text.slice(0, SHOWN));
  return `is ${kind}, not a file of weights (it begins with ${start}): download the file itself; ${HUB}`;
};
