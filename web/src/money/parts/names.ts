/** Who a bill is for: as they are called now, or as they were on its day. */
export const nameOn = ({
  customer_name,
  buyer,
}: {
  customer_name?: string;
  buyer?: { name: string };
}): string => customer_name ?? buyer?.name ?? '–';
