"""From pictures, whole or as JPEG, to a model's input tensor."""

from cutpoint.picture.input_tensor import InputTensor, input_tensors
from cutpoint.picture.jpeg import MOST_JPEG_PIXELS, JpegError, jpeg_of, picture_of

__all__ = ["MOST_JPEG_PIXELS", "InputTensor", "JpegError", "input_tensors", "jpeg_of", "picture_of"]
