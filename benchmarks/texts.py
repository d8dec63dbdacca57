"""Behaviors as shops write them, in English, Korean and a mixture, made from small word lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import numpy as np

#: Distinct texts; rows of a log draw from them, each row with its own bytes.
DISTINCT = 50_000
SHORTEST, LONGEST = 5, 40

_ENGLISH = (
    "running shoes socks tea green coffee bag lunch winter jacket lamp desk chair kettle tent "
    "camping stove yoga mat novel guitar strings bicycle helmet sunscreen serum cushion toner "
    "puzzle blocks diaper wipes keyboard mouse monitor speaker cable charger blue red large "
    "small 250ml 2kg set of 4 premium organic kids women men sale new"
)
_KOREAN = (
    "러닝화 양말 녹차 커피 가방 도시락 겨울 패딩 조명 책상 의자 주전자 텐트 캠핑 버너 요가 매트 "
    "소설 기타 자전거 헬멧 선크림 세럼 쿠션 토너 퍼즐 블록 기저귀 물티슈 키보드 마우스 모니터 "
    "스피커 케이블 충전기 파란색 빨간색 대형 소형 세트 프리미엄 유기농 아동 여성 남성 할인 신상"
)
KOREAN = tuple(_KOREAN.split())
MIXED = (*_ENGLISH.split(), *KOREAN)


def distinct_texts(words: tuple[str, ...], rng: np.random.Generator) -> pa.Array:
    """Return texts of 5 to 40 characters, made of one to seven words."""
    lengths = rng.integers(1, 8, DISTINCT)
    chosen = rng.integers(0, len(words), (DISTINCT, 8))
    made = [
        " ".join(words[word] for word in row[:length])[:LONGEST].strip().ljust(SHORTEST, ".")
        for row, length in zip(chosen.tolist(), lengths.tolist(), strict=True)
    ]
    return pa.array(made)


def draw(words: tuple[str, ...], rows: int, rng: np.random.Generator) -> pa.Array:
    """Return one text for each row; ``large_string`` when 32-bit offsets could not hold them."""
    places = pa.array(rng.integers(0, DISTINCT, rows))
    pool = distinct_texts(words, rng)
    wide = pool.nbytes / DISTINCT * rows > 2**31 - 2**24
    return pool.cast(pa.large_string() if wide else pa.string()).take(places)
