// What stands for a value in a plan: an output of a node.

export type NodeRef = { readonly node: string; readonly output: string };

/** An output of a node whose values have this type. */
export type Ref<T> = NodeRef & { /** For the type checker alone. */ readonly type?: T };
