import { useMemo } from 'react';
import { qrOf } from './qrcode';

interface QrProps {
  value: string;
  /** What a person gets by scanning it, for those who cannot see it. */
  label: string;
  /** Width and height in pixels; as wide as its place when absent. */
  size?: number;
}

/** A QR code: always dark on white, in every colour scheme, because cameras want it so. */
export function Qr({ value, label, size }: QrProps) {
  const { path, side } = useMemo(() => qrOf(value), [value]);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${side} ${side}`}
      width={size ?? '100%'}
      height={size}
      shapeRendering="crispEdges"
    >
      <title>{label}</title>
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
