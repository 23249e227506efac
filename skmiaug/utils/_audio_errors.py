"""What can go wrong between an audio file and its samples."""


class AudioDecodeError(ValueError):
    """An audio input cannot be turned into samples; the text names it and says why."""
