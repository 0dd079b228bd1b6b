// What is being typed into a field: news of the plan, which may come at any moment, does not take it away.
import { useSignal } from '@preact/signals';

type Typed = { readonly currentTarget: { readonly value: string } };

/** @param value that the field shows while nobody types */
export const useDraft = (value: string) => {
  const draft = useSignal<string | undefined>(undefined);
  return {
    value: draft.value ?? value,
    onInput: (event: Typed): void => {
      draft.value = event.currentTarget.value;
    },
    /** What was typed is taken, or given up. */
    done: (): void => {
      draft.value = undefined;
    },
  };
};
