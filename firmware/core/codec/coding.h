// What coding a tensor needs beside the tensor.
#ifndef CUTPOINT_CODEC_CODING_H_
#define CUTPOINT_CODEC_CODING_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "codec_id.h"

namespace cutpoint {

class CodecTables;
class DeltaMemory;

constexpr size_t kCodingScratchBytes = 4096;

// How the tensors of one cut are to travel. The default is raw.
struct Coding {
  CodecId codec = CodecId::kRaw;
  uint8_t setting = 0;                    // its number in `tables`; 0 for codecs without
  const CodecTables* tables = nullptr;    // lives as long as the encoding
  MutableBytes scratch = MutableBytes();  // coded forms that must be made whole lie here until they are sent, those of
                                          // all tensors of a cut; where it is too small, a tensor goes raw
  DeltaMemory* memory = nullptr;          // of codec delta; null: every frame is a key frame
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_CODING_H_
