// Where a render of the page goes: the place that the command line would take, or the next name that is free.
import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import { reportFile } from '../../pipeline/jobs/report/report.ts';
import { defaultOutput } from '../../pipeline/session/output.ts';
import { optionsOf, type Request } from '../../pipeline/session/request.ts';

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** `clip.rerender.mp4`, `clip.rerender.2.mp4` ...; a named one that may be replaced as it is. */
export const freeOutput = async (request: Request): Promise<string> => {
  const { output, overwrite, report } = await optionsOf(request);
  const wanted = output ?? defaultOutput(request.input);
  if (output !== undefined && overwrite) return output;
  const ending = extname(wanted);
  const stem = wanted.slice(0, wanted.length - ending.length);
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${stem}.${number}${ending}`;
    const places = [name, ...(report ? [reportFile(name)] : [])];
    if (!(await Promise.all(places.map(isThere))).includes(true)) return name;
  }
};
