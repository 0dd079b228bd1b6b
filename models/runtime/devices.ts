// Which device does the work: the machine's GPU providers in turn, then the CPU, each refusal with its reason.
import { fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { env, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { RerenderError } from '../../config/errors.ts';
import { workerEntry } from '../../config/paths.ts';
import type { Provider, SessionSettings } from './calls.ts';
import { withInstallHint } from './install-hint.ts';
import type { ProbeReport } from './probe.ts';

/** A device name as users write it. `cuda:1` is the second CUDA device. */
export type DeviceName = 'auto' | Provider | `cuda:${number}`;

/** A device that was tried and not taken. */
export type Refusal = { readonly device: string; readonly reason: string };

/** A device that was asked for by name cannot be had. */
export class DeviceError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('DEVICE', 'missing', message, options);
  }
}

const PATIENCE = 60_000; // milliseconds; a first CUDA start has to load its libraries

const gpuProviders = (): readonly Provider[] => {
  if (platform === 'win32') return ['cuda', 'dml', 'webgpu'];
  if (platform === 'darwin') return ['coreml', 'webgpu'];
  return ['cuda', 'webgpu'];
};

const parse = (name: string): Pick<SessionSettings, 'provider' | 'deviceId'> => {
  const [provider, deviceId = '0'] = name.split(':');
  return { provider: provider as Provider, deviceId: Number(deviceId) };
};

/** The last clause of onnxruntime's messages says what happened; the first ones are places in its source. */
const readable = (message: string): string => {
  const [line = ''] = (message.split('was false. ').at(-1) ?? '').trim().split('\n');
  if (/Failed to load shared library/.test(line)) return 'its libraries are not installed beside onnxruntime-node';
  return withInstallHint(line);
};

/** Tries a device in a process of its own: about 0.2 s, more when a GPU driver starts. Returns why it cannot be used, or undefined. */
const probe = (device: string): Promise<string | undefined> =>
  new Promise(resolve => {
    const { provider, deviceId } = parse(device);
    const file = fileURLToPath(workerEntry(import.meta.url, 'probe'));
    const child = fork(file, [provider, String(deviceId)], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(`its driver did not answer within ${PATIENCE / 1000} s`);
    }, PATIENCE);
    child.on('message', ({ reason }: ProbeReport) => {
      resolve(reason && readable(reason));
      child.disconnect();
    });
    child.on('error', cause => resolve(cause.message));
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(`its driver brought the process down (${signal ?? `code ${code}`})`);
    });
  });

/**
 * Why a provider is not worth a try unless it is asked for. On Linux a WebGPU adapter without a GPU's device file can only be
 * a software driver, slower than the CPU provider; a driver chosen through the Vulkan loader's variables is meant.
 */
const notWorthTrying = (provider: Provider): string | undefined => {
  if (provider !== 'webgpu' || platform !== 'linux') return undefined;
  if (env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES) return undefined;
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];
  const gpu = nodes.some(name => name.startsWith('render')) || existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
  return gpu ? undefined : 'this machine has no GPU device (a software driver is used when webgpu is asked for)';
};

/**
 * Settles which device runs the networks. `auto` tries this platform's GPU providers in turn and ends at the CPU.
 * Throws DeviceError when a device that was named does not work.
 */
export const chooseDevice = async (
  name: DeviceName,
): Promise<{ device: string; settings: Omit<SessionSettings, 'threads'>; refused: Refusal[] }> => {
  const refused: Refusal[] = [];
  if (name === 'auto') {
    for (const provider of gpuProviders()) {
      const reason = notWorthTrying(provider) ?? (await probe(provider));
      if (reason === undefined) return { device: provider, settings: parse(provider), refused };
      refused.push({ device: provider, reason });
    }
    return { device: 'cpu', settings: parse('cpu'), refused };
  }
  const reason = name === 'cpu' ? undefined : await probe(name);
  if (reason !== undefined)
    throw new DeviceError(`device ${name} cannot be used: ${reason}; leave --device out to use what this machine has`);
  return { device: name, settings: parse(name), refused };
};

/** Every device of this platform with the reason why it cannot be used, undefined where it can. */
export const listDevices = async (): Promise<{ device: string; reason: string | undefined }[]> => {
  const devices: { device: string; reason: string | undefined }[] = [];
  for (const device of gpuProviders()) devices.push({ device, reason: await probe(device) });
  return [...devices, { device: 'cpu', reason: await probe('cpu') }];
};
