// Raised when a stage makes something else from the same inputs: artifacts of earlier versions are then made again.
export const VERSIONS = { shots: 4, keyframes: 3, propagate: 5, windows: 2, pictures: 1 } as const;
