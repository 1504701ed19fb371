"""The weights of the measures in `voice`, as `benchmarks.voice_fit` found them."""

from typing import Final

import numpy as np

CENTRES: Final = np.array(
    [
        0.3673,
        0.3468,
        0.818,
        0.0111,
        1.0918,
        3.4931,
        0.7482,
        0.16,
        -13.7677,
        -16.627,
        -17.0825,
        13.1399,
        1.0975,
        -1.2977,
    ]
)
SCALES: Final = np.array(
    [
        0.2628,
        0.244,
        0.196,
        0.0196,
        0.8264,
        1.7418,
        0.1606,
        0.1378,
        6.5865,
        6.0711,
        5.8404,
        6.2204,
        0.6266,
        0.7977,
    ]
)
WEIGHTS: Final = np.array(
    [
        *[2.2632],
        *[
            2.2603,
            1.2026,
            2.6629,
            0.9811,
            -0.9333,
            0.9204,
            -2.6099,
            1.0472,
            0.7393,
            -1.3978,
            -1.8176,
            -1.398,
            -0.6646,
            -0.7681,
        ],
        *[
            -0.0911,
            -1.5431,
            1.4034,
            -0.5398,
            -0.5004,
            -0.4623,
            -0.7243,
            -0.0782,
            -0.6015,
            -0.2676,
            -0.4797,
            0.0461,
            -0.3932,
            -0.3879,
        ],
    ]
)
"""A constant, one for each measure, and one for its square."""
LENIENCE: Final = ((0.5, 0.9), (1.65, -1.08))
"""What is added to the score, by the seconds heard: short words are hard to tell."""
