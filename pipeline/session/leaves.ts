// Which options decide what the leaves of a plan are: the clip, the model, the pictures that a drawing begins at.
import type { OptionName } from '../../config/options.ts';

/** What decides which frames a session reads, and where it keeps finished parts: it stays the same for all plans of a session. */
export const CLIP_OPTIONS = [
  'start',
  'end',
  'duration',
  'frames',
  'crop',
  'deinterlace',
  'size',
  'sizeMultiple',
  'ffmpeg',
  'workDir',
  'cache',
  'cacheLimit',
  'weightsLimit',
  'bankMemory',
  'jobs',
] as const satisfies readonly OptionName[];

/** What names pictures among the key frames: a plan knows them by their content. */
export const PICTURES = ['keyframe', 'keyframes', 'anchorImage'] as const satisfies readonly OptionName[];

/** Of each leaf that has an identity the options that may change it. */
export const LEAVES = {
  footage: ['start', 'end', 'duration', 'frames', 'crop', 'deinterlace', 'ffmpeg'],
  clip: ['start', 'end', 'duration', 'frames', 'crop', 'deinterlace', 'ffmpeg', 'size', 'sizeMultiple'],
  // Networks are known by their weights, ControlNets' among them; which operators they are built with is in the steps' own options.
  model: ['device', 'model', 'modelFolders', 'vae', 'variant', 'modelConfig', 'prediction', 'spacing', 'lora', 'embedding', 'control'],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;
