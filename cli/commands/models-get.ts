// `rerender models get ID`: brings a model of the hub to this machine.
import { UsageError } from '../../config/errors.ts';
import { command } from '../command.ts';
import { EVENT_FLAGS } from '../common-flags.ts';
import { type RunFlags, reported } from '../perform.ts';

type GetFlags = RunFlags & { readonly variant?: string; readonly file?: readonly string[]; readonly revision?: string };

const MB = 1e6;

/** Prints the folder, which `--model` takes as well as the id. */
const getModel = async (id: string, flags: GetFlags): Promise<void> => {
  const { hubSettings, isHubId } = await import('../../models/hub/repository.ts');
  if (!isHubId(id)) throw new UsageError(`${id} is no id of a model on the hub: they are written OWNER/NAME.`);
  await reported(flags, async (listen, signal) => {
    const { getRepository } = await import('../../models/hub/get.ts');
    const { stageClock } = await import('../../pipeline/jobs/run-times.ts');
    const clock = stageClock(listen);
    clock.start('download');
    const { folder, files, bytes } = await getRepository(id, await hubSettings(), {
      variant: flags.variant,
      files: flags.file,
      revision: flags.revision,
      signal,
      onProgress: (done, total) => clock.progress('download', Math.floor(done / MB), Math.ceil(total / MB), 'MB'),
    });
    clock.done('download');
    process.stdout.write(flags.json ? `${JSON.stringify({ type: 'model', id, folder, files, bytes })}\n` : `${folder}\n`);
  });
};

export const modelsGetCommand = command<GetFlags>({
  name: 'get',
  summary: 'Downloads what is needed of a model of the hub; goes on where it was interrupted. Prints its folder.',
  positionals: [{ name: '<id>', help: 'OWNER/NAME' }],
  flags: {
    Download: [
      { flag: '--variant <word>', help: 'weights of this kind, e.g. fp16 (half the size)' },
      { flag: '--file <name>', help: 'take this file alone, e.g. a checkpoint; repeatable', repeatable: true },
      { flag: '--revision <name>', help: 'branch, tag or commit' },
    ],
    Terminal: EVENT_FLAGS,
  },
  run: ({ positionals: [id = ''], flags }) => getModel(id, flags),
});
