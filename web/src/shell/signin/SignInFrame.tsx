import { Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ExampleCard } from '../ExampleCard';
import { PublicFrame } from '../PublicFrame';
import classes from './SignInFrame.module.css';

interface SignInFrameProps {
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** Other ways, below the form. */
  foot?: ReactNode;
}

/** The frame of every way in: one thing to do, and beside it a picture of what it is for. */
export function SignInFrame({ title, description, children, foot }: SignInFrameProps) {
  useDocumentTitle(`${title} · Holdfast`);
  return (
    <PublicFrame>
      <div className={classes.halves}>
        <div className={classes.form}>
          <Stack gap={6}>
            <Title order={1}>{title}</Title>
            {description !== undefined && <Text c="dimmed">{description}</Text>}
          </Stack>
          {children}
          {foot !== undefined && <div className={classes.foot}>{foot}</div>}
        </div>
        <aside className={classes.picture} aria-hidden="true" inert>
          <div className={classes.behind}>
            <ExampleCard of="bakery" stamps={3} required={8} accent="#8a3b12" />
          </div>
          <div className={classes.front}>
            <ExampleCard of="cafe" stamps={7} required={10} />
          </div>
        </aside>
      </div>
    </PublicFrame>
  );
}
