// A plan with what it was made with.
import type { Options } from '../../config/options.ts';
import type { Plan } from '../graph/plan.ts';

/** A plan and the options that it was made with. JSON. */
export type Planned = { readonly options: Options; readonly plan: Plan };
