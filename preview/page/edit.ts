// What hands do to key frames: add, remove, move them, draw one anew, put a picture in its place, choose the anchor.
// All of it becomes options, so that the command on the page says the same.
import { Failed, server } from './client.ts';
import { partsNow } from './parts.ts';
import { change, effective, goTo, notice, plan, values } from './store.ts';

/** First and last frames of shots, which are key frames in any case. */
const isEnd = (number: number): boolean => plan.value!.shots.some(({ first, last }) => number === first || number === last);

export const canMove = (number: number): boolean => !isEnd(number) && !plan.value!.supplied.includes(number);
export const canRemove = (number: number): boolean => !isEnd(number) || pictureOf(number) !== undefined;

/** The key frames that are listed, or that would be: those of the plan. */
const listed = (): readonly number[] => {
  const asked = values.value.keyframesAt;
  const numbers = asked === undefined ? plan.value!.keyframes : String(asked).split(',').map(Number);
  return numbers.filter(number => !isEnd(number));
};

/** Where nothing is listed the first frame stands for all that are key frames anyway. */
const list = (numbers: readonly number[]) => ({
  keyframesAt: [...new Set(numbers)].sort((a, b) => a - b).join(',') || String(plan.value!.from),
});

type Entries = readonly (readonly [place: string, value: string])[];

const entriesOf = (name: 'keyframe' | 'keyframeSeed'): Entries =>
  [effective.value[name] ?? []].flat().map(text => {
    const [place = '', ...rest] = String(text).split('=');
    return [place, rest.join('=')];
  });

/** Entries with another value for a frame; without one where it is undefined. */
const withEntry = (entries: Entries, number: number, value: string | undefined): string[] =>
  [...entries.filter(([place]) => place !== String(number)), ...(value === undefined ? [] : [[String(number), value]])].map(entry =>
    entry.join('='),
  );

/** Whether the command, or an earlier edit, has any: then none is an empty list, else the option is left out. */
const entries = (name: 'keyframe' | 'keyframeSeed', number: number, value: string | undefined) => {
  const before = entriesOf(name);
  return before.length > 0 || value !== undefined ? { [name]: withEntry(before, number, value) } : {};
};

/** The picture of the user's that stands for a frame, as its option names it. */
export const pictureOf = (number: number): string | undefined => entriesOf('keyframe').find(([place]) => place === String(number))?.[1];

const shotOf = (number: number) => plan.value!.shots.find(({ first, last }) => number >= first && number <= last);

/** The anchors of other shots that are not their first frames. */
const otherAnchors = (number: number): readonly number[] => {
  const { anchors, shots } = plan.value!;
  const here = shotOf(number);
  return anchors.filter(anchor => shotOf(anchor) !== here && !shots.some(({ first }) => first === anchor));
};

const anchors = (numbers: readonly number[]) => ({ anchor: numbers.join(',') || 'first' });

export const addKey = (number: number): void => {
  change(list([...listed(), number]));
  notice.value = `Frame ${number} is a key frame.`;
};

export const removeKey = (number: number): void => {
  const wasAnchor = plan.value!.anchors.includes(number) && shotOf(number)?.first !== number;
  change({
    ...(!isEnd(number) && list(listed().filter(one => one !== number))),
    ...entries('keyframe', number, undefined),
    ...entries('keyframeSeed', number, undefined),
    ...(wasAnchor && anchors(otherAnchors(number))),
  });
  notice.value = isEnd(number) ? `The picture of frame ${number} is taken away.` : `Frame ${number} is no key frame any more.`;
};

/** Moves a key frame, its seed and its role with it. */
export const moveKey = (number: number, to: number): void => {
  const { from, frames, keyframes, seeds } = plan.value!;
  if (!canMove(number) || to === number || to < from || to >= from + frames || keyframes.includes(to)) return;
  const seed = seeds[number];
  const seeded = withEntry(entriesOf('keyframeSeed'), number, undefined);
  change({
    ...list([...listed().filter(one => one !== number), to]),
    ...(seed !== undefined && { keyframeSeed: [...seeded, `${to}=${seed}`] }),
    ...(plan.value!.anchors.includes(number) && anchors([...otherAnchors(to), to])),
  });
  goTo(to);
};

/** Draws one key frame with the next seed. */
export const reseed = (number: number): void => {
  const seed = Number(entriesOf('keyframeSeed').find(([place]) => place === String(number))?.[1] ?? effective.value.seed ?? 0);
  change(entries('keyframeSeed', number, String(seed + 1)));
  goTo(number);
};

/** Takes a seed of its own from a key frame. */
export const sameSeed = (number: number): void => change(entries('keyframeSeed', number, undefined));

export const makeAnchor = (number: number): void => {
  const isFirst = shotOf(number)?.first === number;
  change(anchors([...otherAnchors(number), ...(isFirst ? [] : [number])]));
};

/** Puts a picture in a frame's place. What is wrong with it is told, and nothing changes then. */
export const putPicture = async (number: number, file: Blob): Promise<void> => {
  const { first, last } = partsNow().run;
  if (number < first || number > last) throw new Failed(`Frame ${number} is not rendered: pictures stand for frames ${first} to ${last}.`);
  const { id } = await server.picture(file);
  const next = entries('keyframe', number, id);
  await server.plan({ ...values.value, ...next });
  change(next);
  goTo(number);
  notice.value = `Your picture stands for frame ${number}.`;
};

/** A picture that all key frames take their look from. */
export const putStyle = async (file: Blob): Promise<void> => {
  const { id } = await server.picture(file);
  await server.plan({ ...values.value, anchorImage: id });
  change({ anchorImage: id });
};

/** Key frames by `--interval` again, where the command does not list them. */
export const byInterval = (): void => change({ keyframesAt: undefined });
