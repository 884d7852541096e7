from cutpoint.answer.fomo import Centroid
from cutpoint.answer.score import Box
