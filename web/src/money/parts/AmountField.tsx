import { Text, TextInput, type TextInputProps } from '@mantine/core';

interface AmountFieldProps extends TextInputProps {
  currency: string;
}

/** Where an amount is typed, with its currency; `ui/amounts` reads what was typed. */
export function AmountField({ currency, ...field }: AmountFieldProps) {
  return (
    <TextInput
      inputMode="decimal"
      autoComplete="off"
      leftSection={
        <Text size="xs" c="dimmed" aria-hidden="true">
          {currency}
        </Text>
      }
      leftSectionWidth={52}
      {...field}
    />
  );
}
