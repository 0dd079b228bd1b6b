// Every target, in the order in which they run.
import type { Target } from '../target.ts';
import { ADAPTER_TARGETS } from './adapters.ts';
import { MEDIA_TARGETS } from './media.ts';
import { MODEL_TARGETS } from './models.ts';
import { OPTION_TARGETS } from './options.ts';
import { WEIGHT_TARGETS } from './weights.ts';

export const TARGETS: readonly Target[] = [...WEIGHT_TARGETS, ...ADAPTER_TARGETS, ...MODEL_TARGETS, ...OPTION_TARGETS, ...MEDIA_TARGETS];
