import { Box } from '@mantine/core';
import { createContext, type ReactNode, useContext } from 'react';
import { PublicFrame } from './PublicFrame';

/** Whether a page stands in a frame already, so that one which may stand anywhere brings none of its own. */
export const InFrame = createContext(false);

/** A page that may stand in the console or alone. */
export function Framed({ children }: { children: ReactNode }) {
  if (useContext(InFrame)) return children;
  return (
    <PublicFrame>
      <Box p="md" pt="xl">
        {children}
      </Box>
    </PublicFrame>
  );
}
