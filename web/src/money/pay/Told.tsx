import { Loader, Text, Title } from '@mantine/core';
import {
  type Icon,
  IconBan,
  IconCheck,
  IconExclamationMark,
  IconInfoSmall,
  IconX,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './PayPage.module.css';

type Tone = 'good' | 'bad' | 'warn' | 'info' | 'neutral';

const MARKS: Record<Tone, Icon> = {
  good: IconCheck,
  bad: IconX,
  warn: IconExclamationMark,
  info: IconInfoSmall,
  neutral: IconBan,
};

interface ToldProps {
  tone: Tone;
  title: string;
  /** It is not known yet. */
  waiting?: boolean;
  children?: ReactNode;
  action?: ReactNode;
}

/** What became of a payment; its text is announced, because it changes while somebody waits. */
export function Told({ tone, title, waiting = false, children, action }: ToldProps) {
  const Mark = MARKS[tone];
  return (
    <div className={classes.told} data-tone={tone} data-screen-only>
      <span className={classes.mark} aria-hidden="true">
        {waiting ? <Loader size={28} color="blue" /> : <Mark size={32} stroke={2} />}
      </span>
      <Title order={2} size="h2">
        {title}
      </Title>
      <Text component="div">{children}</Text>
      {action}
    </div>
  );
}
