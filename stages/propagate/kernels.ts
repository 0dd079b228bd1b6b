// What kernels/propagate.ts exports; the sources there say what each does. Pointers are byte offsets into the arena's memory.

export type PropagateKernels = {
  warpCubic(
    from: number,
    width: number,
    height: number,
    map: number,
    gridWidth: number,
    gridHeight: number,
    cells: number,
    parts: number,
    sx: number,
    sy: number,
    weights: number,
    row: number,
    out: number,
  ): void;
  expand(
    width: number,
    height: number,
    map: number,
    gridWidth: number,
    gridHeight: number,
    cells: number,
    parts: number,
    sx: number,
    sy: number,
    out: number,
  ): void;
  lumaPlane(rgb: number, count: number, out: number): void;
  packSource(rgb: number, luma: number, width: number, height: number, out: number): void;
  packStyle(rgba: number, width: number, height: number, active: number, out: number): void;
  evaluate(
    source: number,
    target: number,
    width: number,
    height: number,
    matches: number,
    active: number,
    columns: number,
    out: number,
  ): void;
  seed(places: number, count: number, out: number): void;
  countUses(matches: number, width: number, height: number, hits: number): void;
  recountUses(matches: number, width: number, height: number, active: number, counted: number, hits: number): void;
  occupancy(matches: number, width: number, height: number, rows: number, out: number): void;
  bind(job: number, prices: number): void;
  search(backwards: number, radius: number, number: number): void;
  carry(there: number, width: number, height: number, matches: number, active: number, fallback: number, out: number): void;
  prefer(other: number, lenience: number): void;
  vote(style: number, width: number, height: number, matches: number, active: number, out: number): void;
  mark(
    distances: number,
    cells: number,
    belief: number,
    there: number,
    before: number,
    width: number,
    height: number,
    least: number,
    wrong: number,
    stays: number,
    marks: number,
  ): number;
  believe(
    marks: number,
    distances: number,
    cells: number,
    count: number,
    grid: number,
    unit: number,
    noise: number,
    range: number,
    trust: number,
    sums: number,
    counts: number,
    belief: number,
  ): void;
  mend(warped: number, made: number, shares: number, count: number): void;
  halve(from: number, width: number, height: number, channels: number, out: number): void;
  halveMap(from: number, width: number, height: number, out: number): void;
  halveMask(from: number, width: number, height: number, out: number): void;
  doubleMatches(from: number, width: number, height: number, out: number): void;
  feather(from: number, width: number, height: number, radius: number, rows: number, out: number): void;
  dilate(from: number, width: number, height: number, radius: number, rows: number, out: number): void;
  toLab(rgb: number, stride: number, count: number, tables: number, out: number): void;
  fromLab(lab: number, count: number, tables: number, rgb: number, stride: number): void;
  moments(plane: number, count: number, out: number): void;
  rescale(plane: number, count: number, from: number, scale: number, to: number): void;
  lacking(
    image: number,
    a: number,
    b: number,
    share: number,
    trust: number,
    width: number,
    height: number,
    k: number,
    clip: number,
    r: number,
  ): void;
  solve(image: number, width: number, height: number, k: number, sweeps: number, r: number, d: number, next: number): void;
  witness(
    toKey: number,
    fromKey: number,
    key: number,
    frame: number,
    width: number,
    height: number,
    slope: number,
    slack: number,
    belief: number,
    gap: number,
    edge: number,
  ): void;
  doubt(
    belief: number,
    gap: number,
    edge: number,
    width: number,
    height: number,
    noise: number,
    forgiven: number,
    range: number,
    row: number,
    sums: number,
  ): void;
  compose(step: number, chain: number, width: number, height: number, out: number): void;
  blend(
    a: number,
    b: number,
    sharesA: number,
    sharesB: number,
    gridWidth: number,
    gridHeight: number,
    width: number,
    height: number,
    cells: number,
    parts: number,
    row: number,
    fallback: number,
    side: number,
    trust: number,
    out: number,
  ): void;
  agreement(
    map: number,
    hidden: number,
    neighbour: number,
    frame: number,
    width: number,
    height: number,
    share: number,
    range: number,
    out: number,
  ): void;
  mixNeighbours(
    frame: number,
    before: number,
    after: number,
    width: number,
    height: number,
    sharesBefore: number,
    sharesAfter: number,
    gridWidth: number,
    gridHeight: number,
    cells: number,
    parts: number,
    row: number,
    out: number,
  ): void;
  scatter(width: number, height: number, number: number, out: number): void;
  mixGuides(a: number, b: number, count: number, out: number): void;
};
