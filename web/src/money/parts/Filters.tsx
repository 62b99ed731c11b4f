import { Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import classes from './parts.module.css';

const TYPING_MS = 250;

/** What narrows a list down, above it. */
export function Filters({ children }: { children: ReactNode }) {
  return (
    <Group className={classes.filters} gap="sm">
      {children}
    </Group>
  );
}

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

/** What is searched for; the address follows when the typing pauses. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const send = useDebouncedCallback((typed: string) => {
    sent.current = typed;
    onChange(typed);
  }, TYPING_MS);
  useEffect(() => {
    // The address changed by something else than this field, such as a step back.
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  return (
    <TextInput
      className={classes.search}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={18} aria-hidden="true" />}
      maxLength={100}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        send(event.currentTarget.value.trim());
      }}
    />
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  /** What it says while nothing is chosen. */
  all: string;
  options: ReadonlyArray<{ value: Value; label: string }>;
  value: Value | undefined;
  onChange: (value: Value | undefined) => void;
}

/** One of several, or all of them. */
export function Choice<Value extends string>({ label, all, options, value, onChange }: ChoiceProps<Value>) {
  return (
    <Select
      className={classes.choice}
      aria-label={label}
      placeholder={all}
      data={[...options]}
      value={value ?? null}
      onChange={(chosen) => onChange(options.find((option) => option.value === chosen)?.value)}
      clearable
      clearButtonProps={{ 'aria-label': all }}
      comboboxProps={{ withinPortal: true }}
    />
  );
}
