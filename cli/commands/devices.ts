// `rerender devices`: what can draw on this machine, and what would have to change for another.
import { EXIT } from '../../config/errors.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { Reported } from '../failure.ts';
import { devicesText } from '../report/devices-text.ts';

/** Prints every device; exits with 3 where not even the CPU draws. */
export const devicesCommand = command<{ readonly json?: boolean }>({
  name: 'devices',
  summary: 'Tells what each value of --device can do here, which one auto takes, and what to do to have another.',
  flags: { Terminal: [JSON_FLAG] },
  run: async ({ flags }) => {
    const { describeDevices } = await import('../../models/runtime/describe-devices.ts');
    const devices = await describeDevices();
    process.stdout.write(`${flags.json ? JSON.stringify(devices, undefined, 2) : devicesText(devices)}\n`);
    if (devices.every(({ precisions }) => precisions.length === 0)) throw new Reported(EXIT.missing, undefined);
  },
});
