/** QR codes as one path of an SVG, for screens, posters and files. */

import { correction, generate } from 'lean-qr';

export interface QrDrawing {
  path: string;
  /** How many modules wide it is, with the quiet zone that scanners need around it. */
  side: number;
}

const QUIET = 4;

/** Draws a code that a scratched or folded poster still shows, at the error correction asked for. */
export function qrOf(value: string, minCorrectionLevel = correction.M): QrDrawing {
  const code = generate(value, { minCorrectionLevel });
  let path = '';
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      let length = 0;
      while (code.get(x + length, y)) length += 1;
      // One rectangle for every run of dark modules keeps the path short.
      if (length > 0) path += `M${x + QUIET} ${y + QUIET}h${length}v1h-${length}z`;
      x += length;
    }
  }
  return { path, side: code.size + 2 * QUIET };
}

/** The code as a file of its own. */
export function qrSvg(value: string): string {
  const { path, side } = qrOf(value);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `<rect width="${side}" height="${side}" fill="#fff"/><path d="${path}"/></svg>`
  );
}
