"""Settings of turns: when a person's is over, and who may interrupt Porteiro's."""

from pydantic_settings import BaseSettings

from porteiro.settings.kinds import Interrupting, Seconds
from porteiro.settings.variable import var


class TurnSettings(BaseSettings):
    """When a person is held to be done, and whose words make Porteiro fall silent."""

    silence_s: Seconds = var(
        "SILENCE_THRESHOLD_SECONDS",
        0.7,
        "seconds from 0.2 to 5",
        "How long a person must be silent before their turn is over",
        ge=0.2,
        le=5,
    )
    answered_s: Seconds = var(
        "PORTEIRO_ANSWERED_SECONDS",
        0.25,
        "seconds from 0.1 to 5",
        "The same after words that answer the question, where they are known while spoken",
        ge=0.1,
        le=5,
    )
    unfinished_s: Seconds = var(
        "PORTEIRO_UNFINISHED_SECONDS",
        1.5,
        "seconds from 0.2 to 5",
        "The same in the middle of a sentence, where its words are known while spoken",
        ge=0.2,
        le=5,
    )
    interrupting: Interrupting = var(
        "PORTEIRO_INTERRUPTING",
        "visitor,resident",
        "visitor, resident, both separated by a comma, or none",
        "Whose words make Porteiro stop talking; keys always do",
        min_length=1,
    )
