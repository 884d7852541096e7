// Codec slicer: the elements farthest from the zero point, in few cells; everything else becomes the zero point.
// docs/codecs.md has the definition and the bytes; these are the bytes behind the u16 version.
#ifndef CUTPOINT_CODEC_SLICER_SLICER_H_
#define CUTPOINT_CODEC_SLICER_SLICER_H_

#include <stddef.h>

#include "../../span.h"
#include "../../status.h"
#include "settings.h"

namespace cutpoint {

// Codes `elements`, as many as the settings say, into the END of `out`; returns how many bytes, 0 where they do not fit
// or would be more than the elements. The front of `out` is used to work in: half a KB, and two bits for each element, in
// words of 32 for each row.
size_t encode_slicer(const SlicerSettings& settings, Bytes elements, MutableBytes out);

// Restores `elements`, as many as the settings say. kCoded for anything that no encoder makes but for a form or
// frequencies that are not the best; `elements` then holds what was read up to there.
Status decode_slicer(const SlicerSettings& settings, Bytes coded, MutableBytes elements);

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_SLICER_H_
