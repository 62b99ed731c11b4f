import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface PageProps {
  title: string;
  description?: ReactNode;
  /** Buttons at the right of the heading. */
  actions?: ReactNode;
  /** A link back, above the heading. */
  back?: ReactNode;
  /** How wide the content may grow: `text` to read, `form` to fill in, `wide` for tables and charts. */
  width?: 'text' | 'form' | 'wide';
  children: ReactNode;
}

const WIDTHS = { text: 720, form: 560, wide: 1280 } as const;

/** A screen: its heading, its document title, its actions, its content. */
export function Page({ title, description, actions, back, width = 'wide', children }: PageProps) {
  useDocumentTitle(`${title} · Holdfast`);
  return (
    <Box maw={WIDTHS[width]} mx="auto" w="100%">
      <Stack gap="lg">
        <Stack gap="xs">
          {back}
          <Group justify="space-between" align="flex-start" gap="md">
            <div>
              <Title order={1}>{title}</Title>
              {description !== undefined && (
                <Text c="dimmed" maw={640}>
                  {description}
                </Text>
              )}
            </div>
            {actions !== undefined && <Group gap="sm">{actions}</Group>}
          </Group>
        </Stack>
        {children}
      </Stack>
    </Box>
  );
}
