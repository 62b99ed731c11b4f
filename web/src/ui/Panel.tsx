import { Group, Paper, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import classes from './Panel.module.css';

interface PanelProps {
  title?: string;
  description?: ReactNode;
  /** Buttons at the right of the heading. */
  actions?: ReactNode;
  /** Content that reaches the edges, such as a table. */
  flush?: boolean;
  children: ReactNode;
}

/** A sheet of paper on the desk: a part of a screen with a heading of its own. */
export function Panel({ title, description, actions, flush = false, children }: PanelProps) {
  const heading = useId();
  return (
    <Paper component="section" className={classes.panel} aria-labelledby={title && heading}>
      {(title !== undefined || actions !== undefined) && (
        <Group className={classes.head} justify="space-between" align="flex-start" gap="sm">
          <div className={classes.titles}>
            {title !== undefined && (
              <Title order={2} size="h3" id={heading}>
                {title}
              </Title>
            )}
            {description !== undefined && <Text className={classes.description}>{description}</Text>}
          </div>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </Paper>
  );
}
