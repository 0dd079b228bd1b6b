// A workspace for the size at hand: a thread works on pictures of one size after another, mostly of one alone.

/** Keeps what is opened for pictures or grids of a size for as long as the size stays. */
export const whileSizeStays = <Workspace>(
  open: (width: number, height: number) => Workspace,
): ((width: number, height: number) => Workspace) => {
  let present: { readonly width: number; readonly height: number; readonly workspace: Workspace } | undefined;
  return (width, height) => {
    if (present?.width !== width || present.height !== height) present = { width, height, workspace: open(width, height) };
    return present.workspace;
  };
};
