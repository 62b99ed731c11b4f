/** A logo made small in the browser, so that a photograph from a phone goes over a slow network as a few kilobytes. */

export const TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
/** The api draws a logo anew at this size at most. */
const MOST_PIXELS = 512;
/** The api takes no more than this. */
const MOST_BYTES = 1_000_000;
const QUALITY = 0.9;

/** Width and height within a square, in proportion; a small picture stays as it is. */
export function fitted(width: number, height: number, most = MOST_PIXELS): { width: number; height: number } {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Whether a file can be sent as it is. */
export const isSmall = (bytes: number, width: number, height: number) =>
  bytes <= MOST_BYTES && Math.max(width, height) <= MOST_PIXELS;

/**
 * The picture, at most 512 pixels wide and high.
 *
 * @throws when the file is no picture that this browser can read.
 */
export async function smaller(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    if (isSmall(file.size, width, height) && (TYPES as readonly string[]).includes(file.type)) return file;
    const canvas = Object.assign(document.createElement('canvas'), fitted(width, height));
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      // A browser that cannot write WebP writes PNG, which the api takes as well.
      canvas.toBlob(
        (blob) => (blob === null ? reject(new Error('The picture cannot be drawn.')) : resolve(blob)),
        'image/webp',
        QUALITY,
      );
    });
  } finally {
    bitmap.close();
  }
}
