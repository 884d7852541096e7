// A frame as the encoder sees it once the kept elements are known: what each form is made from.
#ifndef CUTPOINT_CODEC_SLICER_FRAME_H_
#define CUTPOINT_CODEC_SLICER_FRAME_H_

#include <stddef.h>
#include <stdint.h>

#include "../../span.h"
#include "maps.h"
#include "selection.h"
#include "settings.h"
#include "words.h"

namespace cutpoint {

struct KeptElement {
  uint32_t block;
  uint32_t cell;
};

class SlicerFrame {
 public:
  // `places`: by rank, as select leaves them. Everything is lent.
  SlicerFrame(const SlicerSettings& its_settings, Bytes its_elements, const Maps& its_maps,
              const Selection& its_selection, Halves places)
      : settings(its_settings),
        elements(its_elements),
        maps(its_maps),
        selection(its_selection),
        places_(places),
        order_bit_(its_settings.order_bit),
        above_zero_(its_settings.zero + its_settings.floor_above - 1u),
        below_zero_(its_settings.zero - its_settings.floor_below + 1u) {}

  KeptElement kept(uint8_t element, bool below) const {
    const uint32_t order = element ^ order_bit_;
    const uint32_t place = places_[below ? below_zero_ - order : order - above_zero_];
    return {place & ((1u << kCellShift) - 1), place >> kCellShift};
  }

  const SlicerSettings& settings;
  const Bytes elements;
  const Maps& maps;
  const Selection& selection;

 private:
  Halves places_;
  uint32_t order_bit_;
  uint32_t above_zero_;  // the orders of which the ranks would be 0
  uint32_t below_zero_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_SLICER_FRAME_H_
