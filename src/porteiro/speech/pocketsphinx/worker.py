"""The worker program: hears one turn after the other.

`python -m porteiro.speech.pocketsphinx.worker`
"""

from collections.abc import Iterator

from porteiro.speech.pocketsphinx.decoder import TurnDecoder
from porteiro.speech.pocketsphinx.messages import decode_job, encode_transcript
from porteiro.speech.worker_program import Answer, run


def prepare() -> Answer:
    """Load the model, and return what hears with it."""
    decoder = TurnDecoder()

    def hear(body: bytes) -> Iterator[bytes]:
        job = decode_job(body)
        yield encode_transcript(decoder.hear(job.request, job.pcm).transcript)

    return hear


if __name__ == "__main__":
    run(prepare)
