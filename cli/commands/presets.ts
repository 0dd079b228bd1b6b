// `rerender presets`: the named styles; of a clip one frame in each of them, on a sheet.
import { UsageError } from '../../config/errors.ts';
import { type Layer, OPTION_NAMES, placeOf } from '../../config/layers.ts';
import { PRESETS } from '../../config/presets.ts';
import { refuseUnread } from '../../config/unread.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { perform, type RunFlags } from '../perform.ts';

type PresetsFlags = RunFlags & { readonly at?: string; readonly only?: string; readonly style: readonly string[] };

/** Options without a clip to draw would do nothing. */
const refuseDrawing = ({ at, only, style }: PresetsFlags, layer: Layer): void => {
  refuseUnread([layer], ['presets']);
  const own = Object.entries({ '--at': at, '--only': only, '--style': style[0] }).find(([, value]) => value !== undefined)?.[0];
  const typed = OPTION_NAMES.find(name => layer.values[name] !== undefined);
  const flag = own ?? (typed && placeOf(layer, typed));
  if (flag) throw new UsageError(`${flag} goes with a clip: rerender presets clip.mp4 -o sheet.png.`);
};

const showPresets = ({ json }: PresetsFlags): void => {
  if (json) {
    process.stdout.write(`${JSON.stringify(PRESETS, undefined, 2)}\n`);
    return;
  }
  const width = Math.max(...Object.keys(PRESETS).map(name => name.length));
  for (const [name, preset] of Object.entries(PRESETS))
    process.stdout.write(`${name.padEnd(width)}  ${preset.style ?? 'the settings of Rerender A Video; give a --style beside it'}\n`);
};

export const presetsCommand = command<PresetsFlags>({
  name: 'presets',
  summary: 'Lists the named styles; of a clip, draws one frame in each of them, on a labelled sheet.',
  usage: '[CLIP -o sheet.png] [options]',
  positionals: [{ name: '[clip]', help: 'the clip of which a frame is drawn; without it the styles are listed' }],
  jobs: ['presets'],
  wording: {
    output: { help: 'the sheet, a .png or .jpg; without it CLIP.presets.png' },
    overwrite: { help: 'replace an existing sheet' },
    size: { help: 'short side of the drawn frame, pixels' },
  },
  flags: {
    Sheet: [
      {
        flag: '--at <time>',
        help: 'the frame that is drawn: 0.5 or 1:02.5 (times), or 12f (a frame by its number); without it the middle',
      },
      { flag: '--only <names>', help: 'these presets, such as pencil,comic; `all`; without it all, or none beside --style' },
      { flag: '--style <prompt>', help: 'a style in your own words, repeatable', repeatable: true },
    ],
    Terminal: RUN_FLAGS,
  },
  run: async ({ positionals: [input, ...more], flags, layer }) => {
    if (input === undefined) {
      refuseDrawing(flags, layer);
      return showPresets(flags);
    }
    if (more.length > 0) throw new UsageError(`A sheet shows one clip: leave out ${more.join(' ')}.`);
    const { at, only, style } = flags;
    const presets = only?.split(',').map(name => name.trim());
    return perform(flags, layer, async context => {
      const { presetSheet } = await import('../../pipeline/index.ts');
      return presetSheet({ input, ...context, styles: style, ...(presets && { presets }), ...(at && { at }) });
    });
  },
});
