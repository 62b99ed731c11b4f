/** A QR code to take along: as lines for a printer's shop, or as a picture for everything else. */

import { qrOf, qrSvg } from '../../../ui/qrcode';

/** Pixels of a side, at the least; enough for a poster of A3. */
const LEAST_PIXELS = 1600;

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  // The browser has begun to save by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function downloadSvg(value: string, name: string): void {
  save(new Blob([qrSvg(value)], { type: 'image/svg+xml' }), `${name}.svg`);
}

export function downloadPng(value: string, name: string): void {
  const { path, side } = qrOf(value);
  const scale = Math.ceil(LEAST_PIXELS / side);
  const canvas = Object.assign(document.createElement('canvas'), {
    width: side * scale,
    height: side * scale,
  });
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  context.scale(scale, scale);
  context.fill(new Path2D(path));
  canvas.toBlob((blob) => {
    if (blob !== null) save(blob, `${name}.png`);
  }, 'image/png');
}
