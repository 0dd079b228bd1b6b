// Which device does the work: the machine's GPU providers in turn, then the CPU, each refusal with its reason.
import { existsSync, readdirSync } from 'node:fs';
import { env, platform } from 'node:process';
import { RerenderError } from '../../config/errors.ts';
import type { Provider, SessionSettings } from './calls.ts';
import { parseDevice, tryDevice } from './try-device.ts';

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

/** Providers of GPUs on a system, in the order in which `auto` tries them. */
export const gpuProviders = (): readonly Provider[] => {
  if (platform === 'win32') return ['cuda', 'dml', 'webgpu'];
  if (platform === 'darwin') return ['coreml', 'webgpu'];
  return ['cuda', 'webgpu'];
};

/**
 * Why a provider is not worth a try unless it is asked for. On Linux a WebGPU adapter without a GPU's device file can only be
 * a software driver, slower than the CPU provider; a driver chosen through the Vulkan loader's variables is meant.
 */
export const reasonToSkip = (provider: Provider): string | undefined => {
  if (provider !== 'webgpu' || platform !== 'linux') return undefined;
  if (env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES) return undefined;
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];
  const gpu = nodes.some(name => name.startsWith('render')) || existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
  return gpu ? undefined : 'this machine has no GPU device (a software driver is used when webgpu is asked for)';
};

const probe = async (device: string): Promise<string | undefined> => (await tryDevice(device)).refusal?.reason;

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
      const reason = reasonToSkip(provider) ?? (await probe(provider));
      if (reason === undefined) return { device: provider, settings: parseDevice(provider), refused };
      refused.push({ device: provider, reason });
    }
    return { device: 'cpu', settings: parseDevice('cpu'), refused };
  }
  const reason = name === 'cpu' ? undefined : await probe(name);
  if (reason !== undefined)
    throw new DeviceError(
      `device ${name} cannot be used: ${reason}; leave --device out to use what this machine has (\`rerender devices\` lists it)`,
    );
  return { device: name, settings: parseDevice(name), refused };
};

/** Every device of this platform with the reason why it cannot be used, undefined where it can. */
export const listDevices = async (): Promise<{ device: string; reason: string | undefined }[]> => {
  const devices: { device: string; reason: string | undefined }[] = [];
  for (const device of gpuProviders()) devices.push({ device, reason: await probe(device) });
  return [...devices, { device: 'cpu', reason: await probe('cpu') }];
};
