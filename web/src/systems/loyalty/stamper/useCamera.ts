/** The camera: on while the page is looked at, off when it is hidden or not wanted. */

import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

export type CameraState = 'off' | 'starting' | 'on' | 'refused' | 'missing' | 'broken';

export interface Camera {
  video: RefObject<HTMLVideoElement | null>;
  state: CameraState;
  /** Whether it has a torch, and whether that is lit; null when it has none. */
  torch: boolean | null;
  setTorch: (lit: boolean) => void;
  /** Whether the device has another camera to turn to. */
  several: boolean;
  retry: () => void;
}

type Capabilities = MediaTrackCapabilities & { torch?: boolean };

const REFUSED = ['NotAllowedError', 'SecurityError'];
const MISSING = ['NotFoundError', 'OverconstrainedError', 'TypeError'];

function stateOf(error: unknown): CameraState {
  const name = error instanceof Error ? error.name : '';
  if (REFUSED.includes(name)) return 'refused';
  return MISSING.includes(name) ? 'missing' : 'broken';
}

const ask = (facing: 'environment' | 'user') =>
  navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: facing }, width: { ideal: 1280 }, height: { ideal: 960 } },
  });

function useVisible(): boolean {
  const [visible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const listen = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', listen);
    return () => document.removeEventListener('visibilitychange', listen);
  }, []);
  return visible;
}

export function useCamera(wanted: boolean, facing: 'environment' | 'user'): Camera {
  const video = useRef<HTMLVideoElement>(null);
  const track = useRef<MediaStreamTrack | null>(null);
  const [state, setState] = useState<CameraState>('off');
  const [torch, showTorch] = useState<boolean | null>(null);
  const [several, setSeveral] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const on = useVisible() && wanted;

  // biome-ignore lint/correctness/useExhaustiveDependencies: Another attempt is a reason to start again.
  useEffect(() => {
    if (!on) {
      setState('off');
      return;
    }
    let left = false;
    let stream: MediaStream | null = null;
    const start = async () => {
      setState('starting');
      try {
        stream = await ask(facing);
        const element = video.current;
        if (left || element === null) return stop(stream);
        const first = stream.getVideoTracks()[0] ?? null;
        track.current = first;
        first?.addEventListener('ended', () => !left && setState('broken'));
        showTorch((first?.getCapabilities?.() as Capabilities | undefined)?.torch === true ? false : null);
        element.srcObject = stream;
        await element.play();
        if (!left) setState('on');
        const devices = await navigator.mediaDevices.enumerateDevices();
        if (!left) setSeveral(devices.filter(({ kind }) => kind === 'videoinput').length > 1);
      } catch (error) {
        if (!left) setState(stateOf(error));
      }
    };
    void start();
    return () => {
      left = true;
      track.current = null;
      if (stream !== null) stop(stream);
    };
  }, [on, facing, attempt]);

  const setTorch = useCallback((lit: boolean) => {
    const set = { advanced: [{ torch: lit } as MediaTrackConstraintSet] };
    track.current?.applyConstraints(set).then(
      () => showTorch(lit),
      () => showTorch(null),
    );
  }, []);
  const retry = useCallback(() => setAttempt((before) => before + 1), []);
  return { video, state, torch, setTorch, several, retry };
}

function stop(stream: MediaStream): void {
  for (const each of stream.getTracks()) each.stop();
}
