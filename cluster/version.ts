// What workers and jobs have to agree on: the package, and the form of plans and steps.
import { packageVersion } from '../config/paths.ts';
import { PLAN_VERSION } from '../pipeline/session/plan-file.ts';

/** Work of one version is taken by workers of that version alone. */
export const CLUSTER_VERSION = `${packageVersion()}+${PLAN_VERSION}`;
