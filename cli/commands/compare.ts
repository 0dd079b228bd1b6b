// `rerender compare SOURCE RESULT`: before and after in one video or picture.
import { UsageError } from '../../config/errors.ts';
import type { CompareRequest } from '../../pipeline/index.ts';
import { command } from '../command.ts';
import { EVENT_FLAGS } from '../common-flags.ts';
import { type RunFlags, reported } from '../perform.ts';

type CompareFlags = RunFlags & { readonly as?: string; readonly labels?: string; readonly at?: string; readonly columns?: string };

export const compareCommand = command<CompareFlags>({
  name: 'compare',
  summary: 'Shows a source and its results in one video (side by side, or a wipe), or in one picture (a strip of frames).',
  usage: 'SOURCE RESULT [MORE...] -o comparison.mp4 [options]',
  positionals: [
    { name: '<source>', help: 'the clip' },
    { name: '<result>', help: 'the same clip, re-rendered' },
    { name: '[more...]', help: 'further results' },
  ],
  jobs: ['compare'],
  wording: {
    output: { help: '.mp4 .mov .mkv .webm .avi .gif, or .png .jpg for a strip of frames' },
    start: { help: 'begin here in the source' },
    end: { help: 'end here in the source' },
    frames: { help: 'the part of the source that was re-rendered: first and last frame, from 0; one number: the first n' },
    width: { help: 'width of the comparison, pixels; without it at most 1920' },
    height: { help: 'height of the comparison, pixels' },
  },
  flags: {
    Comparison: [
      {
        flag: '--as <form>',
        help: 'side: beside each other (the default of a video); wipe: a border moves over two; strip: frames in a picture',
      },
      { flag: '--labels <names>', help: 'what stands at each clip, such as source,comic,oil; without it the names of the files' },
      { flag: '--at <times>', help: 'columns of a strip: 0.5,1:02.5 (times) or 12f (a frame by its number); without it evenly spaced' },
      { flag: '--columns <n>', help: 'how many columns a strip has; without it 6' },
    ],
    Terminal: EVENT_FLAGS,
  },
  run: ({ positionals: inputs, flags: { as, labels, at, columns, ...flags }, layer }) =>
    reported(flags, async (onEvent, signal) => {
      const { output } = layer.values;
      if (typeof output !== 'string') throw new UsageError('No output: name the comparison, e.g. rerender compare a.mp4 b.mp4 -o x.mp4.');
      const { compare } = await import('../../pipeline/index.ts');
      return compare({
        inputs,
        output,
        layers: [layer],
        onEvent,
        signal,
        ...(as !== undefined && { as: as as CompareRequest['as'] }),
        ...(labels !== undefined && { labels: labels.split(',').map(label => label.trim()) }),
        ...(at !== undefined && { at: at.split(',') }),
        ...(columns !== undefined && { columns: Number(columns) }),
      });
    }),
});
