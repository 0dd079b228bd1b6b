// What a page sets, as options of a run: frames counted from where the run begins, pictures by their files.
import type { Options, PartialOptions } from '../../config/options.ts';
import { optionsOf, type Request } from '../../pipeline/session/request.ts';
import { Refused } from '../http/refuse.ts';
import { type Span, toRun } from './places.ts';
import type { Uploads } from './uploads.ts';

const ID = /^[0-9a-f]{24}$/;

const spanOf = ({ frames }: Options): Span => ({ first: frames?.[0] ?? 0, last: frames?.[1] ?? Number.POSITIVE_INFINITY });

/** Lists of texts as addresses of pages have them: one text alone is one, too. @throws Refused */
const textsOf = (value: unknown, name: string): readonly string[] => {
  const texts = typeof value === 'string' ? [value] : value;
  if (Array.isArray(texts) && texts.every(text => typeof text === 'string')) return texts;
  throw new Refused(400, `${name} must be a list of texts.`);
};

/** The file of a picture that a page names: by the id of an upload, or as the command has named it. @throws Refused */
const fileOf = async (name: string, named: string, { pathOf }: Uploads, commands: readonly string[]): Promise<string> => {
  if (commands.includes(named)) return named;
  if (!ID.test(named))
    throw new Refused(400, `${name} names a file of this machine: drop the picture on the page, or name it in the command.`);
  const path = await pathOf(named);
  if (path === undefined) throw new Refused(404, 'A picture that was dropped here is gone: drop it once more.');
  return path;
};

const split = (entry: string): readonly [place: string, rest: string] => {
  const at = entry.indexOf('=');
  return [entry.slice(0, Math.max(0, at)), entry.slice(at + 1)];
};

/** Pictures by their files. @throws Refused for one that the page may not name */
const withFiles = async (values: PartialOptions, base: Options, uploads: Uploads): Promise<PartialOptions> => {
  const { keyframe, anchorImage } = values;
  const commands = base.keyframe.map(entry => split(entry)[1]);
  const entries = keyframe === undefined ? undefined : textsOf(keyframe, 'keyframe').map(split);
  const files = await Promise.all((entries ?? []).map(([, file]) => fileOf('keyframe', file, uploads, commands)));
  return {
    ...values,
    ...(entries && { keyframe: entries.map(([place], i) => `${place}=${files[i]}`) }),
    ...(anchorImage !== undefined && {
      anchorImage: await fileOf('anchorImage', String(anchorImage), uploads, base.anchorImage === undefined ? [] : [base.anchorImage]),
    }),
  };
};

/** @param values options by their keys, none that a page may not set */
export const settingsOf = async (base: Request, values: PartialOptions, uploads: Uploads): Promise<PartialOptions> => {
  const begun = await optionsOf(base);
  const named = await withFiles(values, begun, uploads);
  const seeds = named.keyframeSeed === undefined ? {} : { keyframeSeed: textsOf(named.keyframeSeed, 'keyframeSeed') };
  const parts = named.only === undefined ? {} : { only: textsOf(named.only, 'only') };
  const given = { ...named, ...seeds, ...parts };
  const span = spanOf(await optionsOf({ ...base, ...given }));
  return { ...given, ...toRun(given, span, begun, spanOf(begun)) };
};
