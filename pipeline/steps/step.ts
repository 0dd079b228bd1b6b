// The maker of steps over what a session holds.
import { stepsOver } from '../graph/step.ts';
import type { Held } from './held.ts';

export const step = stepsOver<Held>();
