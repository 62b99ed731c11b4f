import { type Money as Amount, useFormats } from './format';

/** An amount of money as the reader's language writes it. */
export function Money({ value }: { value: Amount }) {
  const { money } = useFormats();
  return <span className="hf-figures">{money(value)}</span>;
}
