// The GPUs of this machine, as the system names them: onnxruntime's providers do not say what they compute on.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { env, platform } from 'node:process';

/** A GPU, or a driver that computes what a GPU would on the CPU. */
export type Adapter = {
  readonly name: string;
  /** Memory of its own in bytes, where the system says it. */
  readonly memory: number | undefined;
  readonly software: boolean;
};

const MEBI = 2 ** 20;
const PATIENCE = 10_000; // milliseconds

/** What a program of the system prints; nothing where it is absent, fails or takes too long. */
const print = (file: string, args: readonly string[]): Promise<string> =>
  new Promise(resolve => execFile(file, args, { timeout: PATIENCE }, (error, stdout) => resolve(error ? '' : stdout)));

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
};

/** `nvidia-smi --query-gpu=name,memory.total --format=csv,noheader,nounits`: "NVIDIA H200, 143771", in MiB. */
export const fromNvidiaSmi = (text: string): Adapter[] =>
  [...text.matchAll(/^\s*([^,\n]+?), *(\d+|\[[^\]\n]*\]) *$/gm)].map(([, name = '', size = '']) => ({
    name,
    memory: /^\d/.test(size) ? Number(size) * MEBI : undefined, // "[N/A]" where memory is shared
    software: false,
  }));

const VENDORS: Readonly<Record<string, string>> = { '0x1002': 'AMD', '0x8086': 'Intel', '0x10de': 'NVIDIA', '0x1414': 'Microsoft' };

/** Cards in Linux's sysfs under `root`; amdgpu says how much memory they have, and some what they are called. */
export const fromSysfs = (root = '/sys'): Adapter[] => {
  const cards = join(root, 'class', 'drm');
  return entries(cards)
    .filter(name => /^card\d+$/.test(name))
    .map(name => join(cards, name, 'device'))
    .filter(device => read(join(device, 'vendor')) in VENDORS) // virtual displays compute nothing
    .map(device => {
      const vendor = VENDORS[read(join(device, 'vendor'))]!;
      const model = read(join(device, 'product_name')) || `GPU ${read(join(device, 'device'))}`;
      const memory = Number(read(join(device, 'mem_info_vram_total'))) || undefined;
      return { name: model.startsWith(vendor) ? model : `${vendor} ${model}`, memory, software: false };
    });
};

/** Vulkan drivers that the loader's variables name and that compute on the CPU: Mesa's lavapipe and SwiftShader. */
export const softwareDrivers = ({ VK_DRIVER_FILES, VK_ICD_FILENAMES }: NodeJS.ProcessEnv): Adapter[] =>
  (VK_DRIVER_FILES || VK_ICD_FILENAMES || '')
    .split(delimiter)
    .map(file => (/swiftshader/i.test(basename(file)) ? 'SwiftShader' : /lvp|lavapipe/i.test(basename(file)) ? 'lavapipe' : undefined))
    .filter(name => name !== undefined)
    .map(name => ({ name, memory: undefined, software: true }));

/** PowerShell's JSON of Win32_VideoController: one object or a list; AdapterRAM ends at 4 GB, so that larger ones are unknown. */
export const fromWindows = (text: string): Adapter[] => {
  if (text.trim() === '') return [];
  const found = JSON.parse(text) as object | object[];
  return [found].flat().map(item => {
    const { Name: name = 'GPU', AdapterRAM: size } = item as { Name?: string; AdapterRAM?: number | null };
    const memory = size && size > 0 && size < 4095 * MEBI ? size : undefined;
    return { name, memory, software: /Basic (Render|Display)/.test(name) };
  });
};

/** `system_profiler SPDisplaysDataType -json`; Apple's GPUs share the machine's memory. */
export const fromMac = (text: string): Adapter[] => {
  if (text.trim() === '') return [];
  const { SPDisplaysDataType: found = [] } = JSON.parse(text) as { SPDisplaysDataType?: { sppci_model?: string }[] };
  return found.map(({ sppci_model: name = 'GPU' }) => ({ name, memory: undefined, software: false }));
};

const VIDEO = 'Get-CimInstance Win32_VideoController | Select-Object Name,AdapterRAM | ConvertTo-Json -Compress';

/** NVIDIA's cards, in the order of CUDA's numbers; and all others. */
export const listAdapters = async (): Promise<{ readonly nvidia: readonly Adapter[]; readonly others: readonly Adapter[] }> => {
  const nvidia =
    platform === 'darwin'
      ? []
      : fromNvidiaSmi(await print('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']));
  const isOther = ({ name }: Adapter): boolean => nvidia.length === 0 || !/NVIDIA/.test(name);
  const rest = async (): Promise<Adapter[]> => {
    if (platform === 'win32') return fromWindows(await print('powershell', ['-NoProfile', '-Command', VIDEO]));
    if (platform === 'darwin') return fromMac(await print('system_profiler', ['SPDisplaysDataType', '-json']));
    return fromSysfs();
  };
  const others = await rest().catch(() => []); // a system that answers otherwise names no adapters
  return { nvidia, others: [...softwareDrivers(env), ...others.filter(isOther)] };
};
