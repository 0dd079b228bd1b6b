// What may stand as an input: a file on a disk. Everything else is refused by name before it is opened, as opening a pipe waits for its
// writer.
import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MediaError } from './errors.ts';

/** `http://host/x`, `s3://bucket/x`. A drive such as `C:\x` is none. */
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Names by which ffmpeg and shells mean a stream. */
const STREAM = /^(-|pipe:.*|fd:.*|\/dev\/std(in|out|err)|\/dev\/fd\/\d+|\/proc\/(self|thread-self|\d+)\/fd\/\d+)$/;

/** Protocols of ffmpeg that are spelled without slashes. */
const PROTOCOL = /^(async|cache|concat|concatf|crypto|data|file|lavfi|subfile)[:,]/i;

const save = (path: string): string => {
  const name = /[^/?#]+\.\w{2,4}(?=$|[?#])/.exec(path.replace(ADDRESS, ''))?.[0] ?? 'clip.mp4';
  if (/^(https?|ftps?):/i.test(path)) return `\`curl -L -o ${name} ${path}\``;
  if (/^s3:/i.test(path)) return `\`aws s3 cp ${path} ${name}\``;
  return `\`ffmpeg -i ${path} -c copy clip.mkv\``;
};

const address = (path: string): MediaError =>
  /^file:\/\//i.test(path)
    ? new MediaError('MEDIA_ADDRESS', `${path} is an address, and only files are read: name the file by its path`)
    : new MediaError(
        'MEDIA_ADDRESS',
        `${path} is an address, and only files are read: save it first with ${save(path)}, then name that file`,
      );

/** A clip is read several times over, which no stream allows. */
const stream = (path: string, what: string): MediaError =>
  new MediaError(
    'MEDIA_STREAM',
    `${path} is ${what}, and a clip is read more than once: save it to a file first (\`cat > clip.mp4\`), then name that`,
  );

/** Whether a name that is no file's means a stream or an address. */
export const isStreamOrAddress = (path: string): boolean => ADDRESS.test(path) || STREAM.test(path) || PROTOCOL.test(path);

const KINDS = [
  ['isFIFO', 'a named pipe'],
  ['isSocket', 'a socket'],
  ['isCharacterDevice', 'a device'],
  ['isBlockDevice', 'a device'],
] as const;

/**
 * Checks that a path names a file that can be read, without opening what could wait for ever.
 * @returns its size in bytes
 * @throws MediaError (exit code 4) for a stream, a device, an address, a folder, an empty file, and what is missing or may not be read
 */
export const checkInputFile = async (path: string): Promise<number> => {
  if (STREAM.test(resolve(path))) throw stream(path, 'a stream');
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) throw new MediaError('MEDIA_FOLDER', `${path} is a folder, not a video file: name one file in it`);
    const kind = KINDS.find(([is]) => entry[is]());
    if (kind) throw stream(path, kind[1]);
    await access(path, constants.R_OK);
    if (entry.size === 0) throw new MediaError('MEDIA_EMPTY', `${path} is empty (0 bytes): copy or record it again`);
    return entry.size;
  } catch (error) {
    if (error instanceof MediaError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      if (ADDRESS.test(path)) throw address(path);
      if (STREAM.test(path)) throw stream(path, 'a stream');
      if (PROTOCOL.test(path)) {
        throw new MediaError('MEDIA_ADDRESS', `${path} is an address of ffmpeg's, and only files are read: name the file by its path`);
      }
      throw new MediaError('MEDIA_NOT_FOUND', `${path} does not exist: check the path`, { cause: error });
    }
    throw new MediaError('MEDIA_UNREADABLE', `${path} cannot be read (${code}): check its permissions`, { cause: error });
  }
};
