// Which tensors are alive at each cut: given or made before it, and read after it.
#ifndef CUTPOINT_TFLM_LIFETIMES_H_
#define CUTPOINT_TFLM_LIFETIMES_H_

#include <stddef.h>
#include <stdint.h>

#include "../core/span.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace cutpoint {
namespace tflm {

// The rule of cutpoint.graph.liveness, from the file on board. A file that ends before the network does has as outputs
// what the rest will read, so whatever is alive at its end is alive in the network.
class Lifetimes {
 public:
  // Memory that begin() takes, aligned for uint16_t.
  static size_t table_bytes(const tflite::Model& model);

  // `model` has passed check_model(); `memory` must stay as long as this is used.
  void begin(const tflite::Model& model, uint8_t* memory);

  uint16_t operators() const { return operators_; }
  size_t inputs() const { return graph_->inputs()->size(); }
  size_t outputs() const { return graph_->outputs()->size(); }
  const tflite::Tensor& tensor(uint16_t index) const { return *(*graph_->tensors())[index]; }
  uint16_t input(size_t place) const { return at(graph_->inputs(), place); }

  // The tensors of a cut in the order of frames: inputs at cut 0 and outputs at the end as the file lists them, else
  // ascending. Calls add(index) for each.
  template <typename Add>
  void alive(uint16_t cut, Add add) const {
    if (cut == 0) {
      for (size_t i = 0; i < inputs(); i++) {
        add(input(i));
      }
    } else if (cut == operators_) {
      for (size_t i = 0; i < outputs(); i++) {
        if (travels_as_output(i)) {
          add(at(graph_->outputs(), i));
        }
      }
    } else {
      for (size_t i = 0; i < lives_.size(); i++) {
        if (lives_[i].from <= cut && cut < lives_[i].until) {
          add(static_cast<uint16_t>(i));
        }
      }
    }
  }

  // Whether the tensor is alive at any cut.
  bool crosses_a_cut(uint16_t tensor) const { return lives_[tensor].from < lives_[tensor].until || given(tensor); }

 private:
  struct Life {
    uint16_t from;   // first cut at which it exists
    uint16_t until;  // first cut that no longer needs it; 0 for weights and what nobody reads
  };

  static uint16_t at(const flatbuffers::Vector<int32_t>* indices, size_t place) {
    return static_cast<uint16_t>(indices->Get(static_cast<uint32_t>(place)));
  }

  // An output is listed once, and weights as an output are left out: the edge has them.
  bool travels_as_output(size_t place) const;
  bool given(uint16_t tensor) const;

  const tflite::SubGraph* graph_ = nullptr;
  Span<Life> lives_;
  uint16_t operators_ = 0;
};

}  // namespace tflm
}  // namespace cutpoint

#endif  // CUTPOINT_TFLM_LIFETIMES_H_
