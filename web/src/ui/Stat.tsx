import { Group, Paper, Text } from '@mantine/core';
import { IconArrowDownRight, IconArrowUpRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useFormats } from './format';
import classes from './Stat.module.css';

interface StatProps {
  label: string;
  value: ReactNode;
  /** The change against what `deltaLabel` says, as a share: 0.12 is 12 % more. */
  delta?: number | null;
  deltaLabel?: string;
  hint?: ReactNode;
  icon?: ReactNode;
  tone?: 'neutral' | 'good' | 'warn' | 'bad' | 'accent';
}

/** One figure and what it counts. */
export function Stat({ label, value, delta, deltaLabel, hint, icon, tone = 'neutral' }: StatProps) {
  const { share } = useFormats();
  const rising = (delta ?? 0) >= 0;
  return (
    <Paper className={classes.stat} data-tone={tone}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text className={classes.label}>{label}</Text>
        {icon !== undefined && (
          <span className={classes.icon} aria-hidden="true">
            {icon}
          </span>
        )}
      </Group>
      <div className={classes.value}>{value}</div>
      {delta !== undefined && delta !== null && (
        <Text className={classes.delta} data-rising={rising}>
          {rising ? (
            <IconArrowUpRight aria-hidden="true" size={16} />
          ) : (
            <IconArrowDownRight aria-hidden="true" size={16} />
          )}
          <span>
            {rising ? '+' : ''}
            {share(delta)} {deltaLabel}
          </span>
        </Text>
      )}
      {hint !== undefined && <Text className={classes.hint}>{hint}</Text>}
    </Paper>
  );
}
