// Devices in words.
import type { Adapter } from '../../models/runtime/adapters.ts';
import type { DeviceDescription } from '../../models/runtime/describe-devices.ts';
import { bytes } from './format.ts';

const WIDTH = 8; // of a device's name

const SOFTWARE = ', a software driver: it computes on the CPU, slower than cpu';

const adapterText = ({ name, memory, software }: Adapter): string =>
  `${name}${memory === undefined ? '' : `, ${bytes(memory)}`}${software ? SOFTWARE : ''}`;

/** What it computes on: cuda numbers its cards, the others choose one by their own rule. */
const adapterLines = ({ device, adapters }: DeviceDescription): string[] => {
  if (adapters.length < 2) return adapters.map(adapterText);
  if (device === 'cuda') return adapters.map((one, i) => `cuda:${i} is ${adapterText(one)}`);
  return [`one of ${adapters.map(adapterText).join('; ')}`];
};

const abilities = ({ precisions, attention, device }: DeviceDescription): string => {
  const [way, lack] =
    device === 'cpu'
      ? ['whole numbers of 8 bits', 'this CPU cuts off sums of 8-bit products']
      : ['half precision', 'no half precision here'];
  const precision = precisions.includes('fast') ? `--precision exact and fast (${way})` : `--precision exact (fast: ${lack})`;
  const scores = attention === 'fused' ? 'in one operator' : 'with all scores in memory: large pictures take more of it';
  return `${precision}; attention ${scores}`;
};

const linesOf = (one: DeviceDescription): string[] => {
  const { state, reason, auto, passed, remedy } = one;
  if (reason !== undefined) {
    const hardware = state === 'other system' ? [] : adapterLines(one).map(line => `this machine has: ${line}`);
    return [`no: ${reason}`, ...hardware, ...(remedy === undefined ? [] : [`to have it: ${remedy}`])];
  }
  const choice = auto ? 'auto takes it' : passed === 'another comes first' ? undefined : `auto leaves it out: ${passed}`;
  return [
    state === 'software' ? 'works, by a software driver' : 'works',
    ...adapterLines(one),
    abilities(one),
    ...(choice ? [choice] : []),
  ];
};

/** Every device with what it can do, or why not and what would change that. */
export const devicesText = (devices: readonly DeviceDescription[]): string =>
  devices
    .flatMap(one => linesOf(one).map((line, i) => `${(i === 0 ? one.device : '').padEnd(WIDTH)}${line}`))
    .concat('', 'A device is named with --device; one that is named is used or refused, with the reason.')
    .join('\n');
