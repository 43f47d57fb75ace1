import { useNavigate, useSearch } from '@tanstack/react-router';

export interface SpaceView {
  /** Undefined: the default space. It stands in the address, so that a link leads to what its sender saw. */
  readonly space: string | undefined;
  readonly setSpace: (space: string | undefined) => void;
}

export function useSpace(): SpaceView {
  const { space }: { readonly space?: unknown } = useSearch({ strict: false });
  const navigate = useNavigate();
  return {
    space: typeof space === 'string' ? space : undefined,
    setSpace: (next) => {
      void navigate({ to: '.', search: { space: next } });
    },
  };
}
