/** What a person at the counter hears and feels without looking: made by the browser, so that nothing is loaded. */

export type Signal = 'stamped' | 'reward' | 'saved' | 'refused';

interface Note {
  hertz: number;
  at: number;
  seconds: number;
  shape?: OscillatorType;
}

const NOTES: Record<Signal, Note[]> = {
  stamped: [
    { hertz: 659.3, at: 0, seconds: 0.12 },
    { hertz: 880, at: 0.1, seconds: 0.22 },
  ],
  reward: [523.3, 659.3, 784, 1046.5].map((hertz, step) => ({
    hertz,
    at: step * 0.11,
    seconds: step === 3 ? 0.5 : 0.16,
  })),
  saved: [{ hertz: 523.3, at: 0, seconds: 0.2 }],
  refused: [
    { hertz: 196, at: 0, seconds: 0.18, shape: 'triangle' },
    { hertz: 147, at: 0.2, seconds: 0.3, shape: 'triangle' },
  ],
};
const PULSES: Record<Signal, number[]> = {
  stamped: [60],
  reward: [60, 60, 60, 60, 200],
  saved: [30],
  refused: [160, 80, 160],
};
const LOUDNESS = 0.22;

let context: AudioContext | null = null;

/** Browsers let a page sound only after somebody has touched it; call this when that happens. */
export function wakeSound(): void {
  if (!('AudioContext' in globalThis)) return;
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume().catch(() => {});
}

export function give(signal: Signal, sound: boolean): void {
  navigator.vibrate?.(PULSES[signal]);
  if (!sound || context?.state !== 'running') return;
  for (const note of NOTES[signal]) play(context, note);
}

function play(on: AudioContext, { hertz, at, seconds, shape = 'sine' }: Note): void {
  const from = on.currentTime + at;
  const tone = on.createOscillator();
  const volume = on.createGain();
  tone.type = shape;
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0, from);
  volume.gain.linearRampToValueAtTime(LOUDNESS, from + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.001, from + seconds);
  tone.connect(volume).connect(on.destination);
  tone.start(from);
  tone.stop(from + seconds);
}
