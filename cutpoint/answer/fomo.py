from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Centroid:
    label: int
    score: float
    x: int
    y: int
    width: int
    height: int
