// Raised when a stage makes something else from the same inputs: artifacts of earlier versions are then made again.
export const VERSIONS = { shots: 3, keyframes: 2, propagate: 4, windows: 1, pictures: 1 } as const;
