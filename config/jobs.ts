// What the program does, so that each option says which of it reads the option.

/** With an image model `rerender INPUT` and `rerender generate` do `rerender` and `pictures`; with a video model `windows` and `clips`. */
export const JOBS = [
  'rerender',
  'windows',
  'keyframes',
  'pictures',
  'clips',
  'presets',
  'compare',
  'metrics',
  'doctor',
  'cache',
  'bench',
  'worker',
] as const;
export type Job = (typeof JOBS)[number];

/** Jobs that draw from one prompt. */
export const PROMPTED = ['rerender', 'windows', 'keyframes', 'pictures', 'clips'] as const;
/** Jobs that draw. */
export const DRAWING = [...PROMPTED, 'presets'] as const;
/** Jobs of image models, which ControlNets guide. */
export const GUIDED = ['rerender', 'keyframes', 'pictures', 'presets'] as const;
/** Jobs that draw key frames. */
export const KEY_FRAMED = ['rerender', 'keyframes'] as const;
/** Jobs that read a part of a clip. */
export const READING = ['rerender', 'windows', 'keyframes', 'compare', 'metrics'] as const;
/** Jobs that read a clip or a frame of one. */
export const OPENING = [...READING, 'pictures', 'presets'] as const;
/** Jobs that write a clip. */
export const WRITING = ['rerender', 'windows', 'clips', 'compare'] as const;
/** Both ways of the main job. */
export const MAIN = ['rerender', 'windows'] as const;

type Kind = 'image' | 'video';

/** The command of a job, and the kind of model with which the command does it where that decides. */
const COMMANDS: Readonly<Record<Job, { readonly command: string; readonly kind?: Kind }>> = {
  rerender: { command: 'rerender INPUT', kind: 'image' },
  windows: { command: 'rerender INPUT', kind: 'video' },
  keyframes: { command: 'rerender keyframes' },
  pictures: { command: 'rerender generate', kind: 'image' },
  clips: { command: 'rerender generate', kind: 'video' },
  presets: { command: 'rerender presets' },
  compare: { command: 'rerender compare' },
  metrics: { command: 'rerender metrics' },
  doctor: { command: 'rerender doctor' },
  cache: { command: 'rerender cache' },
  bench: { command: 'rerender bench model' },
  worker: { command: 'rerender worker' },
};

/** Jobs, and those that the same commands do with another kind of model. */
export const withSameCommand = (jobs: readonly Job[]): readonly Job[] =>
  JOBS.filter(job => jobs.some(one => COMMANDS[one].command === COMMANDS[job].command));

/** Jobs in words: `rerender INPUT`, or "video models in `rerender INPUT`" where only those are meant. */
export const jobsText = (jobs: readonly Job[]): string => {
  const commands = [...new Set(jobs.map(job => COMMANDS[job].command))];
  const texts = commands.map(command => {
    const kinds = jobs.filter(job => COMMANDS[job].command === command).map(job => COMMANDS[job].kind);
    return kinds.length === 1 && kinds[0] ? `${kinds[0]} models in \`${command}\`` : `\`${command}\``;
  });
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
};
