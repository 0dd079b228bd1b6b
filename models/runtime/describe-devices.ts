// What every device that the program knows can do on this machine, why not, and what would change that.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { platform } from 'node:process';
import { type Adapter, listAdapters } from './adapters.ts';
import { attentionOn } from './attention.ts';
import type { Provider } from './calls.ts';
import { gpuProviders, reasonToSkip } from './devices.ts';
import { type Cause, type Trial, tryDevice } from './try-device.ts';

/** A device of `--device`, as it stands on this machine. */
export type DeviceDescription = {
  readonly device: Provider;
  /** `works`, `software` where it works by a driver that computes on the CPU, else why it does not. */
  readonly state: 'works' | 'software' | 'other system' | Cause;
  /** Why it cannot be used, where it cannot. */
  readonly reason?: string;
  /** What it computes on, where the system says so; of several GPUs WebGPU, DirectML and CoreML take one by their own rule. */
  readonly adapters: readonly Adapter[];
  /** Whether `--device auto` takes it. */
  readonly auto: boolean;
  /** Why `auto` leaves out a device that works. */
  readonly passed?: string;
  /** Values of `--precision` that it draws with. */
  readonly precisions: readonly ('exact' | 'fast')[];
  /** How attention is computed: in one operator, or with all scores in memory. */
  readonly attention: 'fused' | 'plain';
  /** What to do to have it, or to have more of it. */
  readonly remedy?: string;
};

const ALL: readonly Provider[] = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu'];
const SYSTEMS: Partial<Record<Provider, string>> = {
  dml: 'DirectML is of Windows',
  coreml: 'CoreML is of macOS',
  cuda: 'CUDA is not of macOS',
};

const CUDA_SYSTEM = 'CUDA 12 and cuDNN 9 come from NVIDIA for your system, on the library path';

const remedyOf = (device: Provider, cause: Cause): string | undefined => {
  if (cause === 'driver' || cause === 'wrong numbers') return "bring the GPU's driver up to date; until then name another device";
  if (device === 'cuda' && cause === 'provider missing')
    return 'with an NVIDIA card: install again with ONNXRUNTIME_NODE_INSTALL=cuda12; docs/install.md';
  if (device === 'cuda' && (cause === 'library missing' || cause === 'other')) return CUDA_SYSTEM;
  if (device === 'webgpu' && cause === 'no adapter')
    return platform === 'linux'
      ? "install the Vulkan driver of your GPU (Mesa's, or NVIDIA's own); in a container hand it over, too"
      : 'install the driver of your GPU';
  return undefined;
};

type Machine = Awaited<ReturnType<typeof listAdapters>>;

const processor = (): Adapter => ({
  name: `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} threads`,
  memory: totalmem(),
  software: false,
});

const adaptersOf = (device: Provider, { nvidia, others }: Machine): readonly Adapter[] => {
  if (device === 'cpu') return [processor()];
  if (device === 'cuda') return nvidia.length > 0 ? nvidia : others.filter(({ name }) => name.startsWith('NVIDIA'));
  const software = others.filter(one => one.software);
  return device === 'webgpu' && software.length > 0 ? software : [...nvidia, ...others]; // a driver that is named is the one in use
};

const describe = (device: Provider, { refusal, fast }: Trial, machine: Machine, auto: boolean): DeviceDescription => {
  const adapters = adaptersOf(device, machine);
  const common = { device, adapters, auto, attention: attentionOn(device) };
  if (refusal) {
    const remedy = remedyOf(device, refusal.cause);
    return { ...common, state: refusal.cause, reason: refusal.reason, precisions: [], ...(remedy !== undefined && { remedy }) };
  }
  const passed = auto ? undefined : reasonToSkip(device);
  const software = passed !== undefined || adapters.some(one => one.software);
  return {
    ...common,
    state: software ? 'software' : 'works',
    precisions: fast ? ['exact', 'fast'] : ['exact'],
    ...(passed !== undefined && { passed }),
    ...(!auto && passed === undefined && { passed: 'another comes first' }),
  };
};

const elsewhere = (device: Provider): DeviceDescription => ({
  device,
  state: 'other system',
  reason: `${SYSTEMS[device]}`,
  adapters: [],
  auto: false,
  precisions: [],
  attention: attentionOn(device),
});

/**
 * Tries every device of this system in a process of its own and describes each that the program knows, in the order in which `auto`
 * tries them; those of other systems, too. Takes about a second. A driver that crashes or hangs is described as such.
 */
export const describeDevices = async (): Promise<readonly DeviceDescription[]> => {
  const here: readonly Provider[] = [...gpuProviders(), 'cpu'];
  const machine = await listAdapters();
  const trials = new Map<Provider, Trial>();
  for (const device of here) trials.set(device, await tryDevice(device));
  const auto = here.find(device => device === 'cpu' || (reasonToSkip(device) === undefined && !trials.get(device)!.refusal));
  const found = here.map(device => describe(device, trials.get(device)!, machine, device === auto));
  return [...found, ...ALL.filter(device => !here.includes(device)).map(elsewhere)];
};
