import { Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Framed } from './Framed';

interface DeadEndProps {
  icon: Icon;
  title: string;
  /** The way on. */
  action: ReactNode;
  children: ReactNode;
}

/** A page that has nothing to show, and says why. */
export function DeadEnd({ icon: Picture, title, action, children }: DeadEndProps) {
  useDocumentTitle(`${title} · Holdfast`);
  return (
    <Framed>
      <Stack align="center" gap="sm" py="xl" ta="center">
        <Picture size={44} stroke={1.3} aria-hidden="true" />
        <Title order={1}>{title}</Title>
        <Text c="dimmed" maw={440} mb="sm">
          {children}
        </Text>
        {action}
      </Stack>
    </Framed>
  );
}
