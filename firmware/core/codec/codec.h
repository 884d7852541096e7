// Feature codecs: how the bytes of one tensor travel.
//
// raw: the bytes themselves.
// bitmap: one fill element (the zero point), a bit per element (least significant first; 1 = differs from the fill),
// then the elements that differ. Padding bits are zero and no packed element equals the fill, so that a tensor has
// exactly one coded form per fill. Where it would not be smaller than raw, raw is used instead.
// jpeg: of an input that is a picture, the JPEG file of its camera. Opaque here: cameras make it, the edge undoes it.
// The others are made with the tables of a calibration (docs/codecs.md).
#ifndef CUTPOINT_CODEC_CODEC_H_
#define CUTPOINT_CODEC_CODEC_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "../status.h"
#include "codec_id.h"
#include "coding.h"
#include "lowbit/lowbit.h"
#include "tensor.h"

namespace cutpoint {

// What a tensor will take on the wire, known before its first byte is written.
struct CodedSize {
  CodecId codec;  // the wanted one, or raw where that would not be smaller or is not to be had
  uint32_t bytes;
  Bytes made = Bytes();  // the coded form, where it lies somewhere as a whole already
};

// Says how a tensor will travel; looks at it once, and not at all for raw, jpeg and lowbit. place: among the tensors of
// the cut. Coded forms that must be made whole are taken from the end of `scratch_left`. Raw wherever the wanted codec
// would not be smaller, does not fit, or has no tables for this tensor. kDType for an unknown dtype, kTensor for bytes
// that are not whole elements or do not fit 32 bits, kCodec for an unknown codec.
Status measure_tensor(const Coding& coding, size_t place, const TensorView& tensor, MutableBytes& scratch_left,
                      CodedSize& size);

// With a codec that needs nothing beside the tensor.
inline Status measure_tensor(CodecId wanted, const TensorView& tensor, CodedSize& size) {
  Coding coding;
  coding.codec = wanted;
  MutableBytes none;
  return measure_tensor(coding, 0, tensor, none, size);
}

// Bytes at the front of the coded form that are final when so many at the front of the tensor are. Only where
// can_stream().
size_t final_bytes(const Coding& coding, size_t place, const CodedSize& size, size_t raw_bytes);

// Whether measuring may come before the tensors have been made: their sizes on the wire do not depend on their elements.
constexpr bool can_stream(CodecId codec) {
  return codec == CodecId::kRaw || codec == CodecId::kJpeg || codec == CodecId::kLowbit;
}

// Produces the coded form of a tensor piece by piece, without a buffer of its own.
class TensorEncoder {
 public:
  // `size` must come from measure_tensor on the same, unchanged tensor; for a size of raw, bitmap or jpeg nothing else is
  // looked at.
  void begin(const CodedSize& size, const TensorView& tensor, const Coding& coding = Coding(), size_t place = 0);

  // Writes the next bytes of the coded form, as many as there are and fit; returns how many. 0 means finished, or
  // that the tensor has changed since it was measured.
  size_t pull(MutableBytes to);
  // Everything that was measured has been handed out.
  bool done() const { return produced_ == size_.bytes; }

 private:
  size_t pull_bitmap(MutableBytes to);
  size_t pull_packed(MutableBytes to);

  TensorView tensor_ = {};
  CodedSize size_ = {};
  uint32_t produced_ = 0;      // bytes of the coded form handed out so far
  size_t bitmap_at_ = 0;       // next byte of the bitmap
  size_t element_ = 0;         // next element to look at while packing
  size_t element_offset_ = 0;  // bytes of that element handed out already
  uint8_t fill_[kMaxItemBytes] = {};
  LowbitWriter lowbit_;
};

// Can `coded_bytes` unfold to `raw_bytes`? Told from the sizes alone, before anything is reserved for the tensor: bounds
// what a short message can claim. kDType, kTensor, kCodec.
Status check_coded_size(CodecId codec, DType dtype, uint64_t raw_bytes, uint64_t coded_bytes);

// Restores a tensor. `raw` must have exactly the tensor's size. Everything in `coded` is checked: kDType, kTensor (raw
// size contradicts dtype or codec), kCoded (not a canonical form, or a bool that is neither 0 nor 1), kCodec (what is opaque, too).
Status decode_tensor(CodecId codec, DType dtype, Bytes coded, MutableBytes raw);

// Restores a tensor that was made with tables; a change of codec delta is not for here (kReference). kTables (no such
// setting or place, or made with other tables), kTensor (another size), kCoded.
Status decode_tensor(const CodecTables& tables, uint8_t setting, size_t place, Bytes coded, MutableBytes raw);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_CODEC_H_
