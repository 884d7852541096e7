#include "lifetimes.h"

#include "model_check.h"

namespace cutpoint {
namespace tflm {

size_t Lifetimes::table_bytes(const tflite::Model& model) {
  return (*model.subgraphs())[0]->tensors()->size() * sizeof(Life);
}

void Lifetimes::begin(const tflite::Model& model, uint8_t* memory) {
  graph_ = (*model.subgraphs())[0];
  operators_ = static_cast<uint16_t>(graph_->operators() == nullptr ? 0 : graph_->operators()->size());
  lives_ = Span<Life>(reinterpret_cast<Life*>(memory), graph_->tensors()->size());
  for (Life& life : lives_) {
    life = Life{0, 0};
  }
  for (uint16_t i = 0; i < operators_; i++) {
    const tflite::Operator& step = *(*graph_->operators())[i];
    for (const int32_t tensor : *step.inputs()) {
      if (tensor >= 0) {
        lives_[static_cast<size_t>(tensor)].until = static_cast<uint16_t>(i + 1);
      }
    }
    for (const int32_t tensor : *step.outputs()) {
      lives_[static_cast<size_t>(tensor)].from = static_cast<uint16_t>(i + 1);
    }
  }
  for (const int32_t tensor : *graph_->outputs()) {
    lives_[static_cast<size_t>(tensor)].until = static_cast<uint16_t>(operators_ + 1);
  }
  for (uint16_t i = 0; i < lives_.size(); i++) {
    if (is_constant(model, tensor(i))) {
      lives_[i].until = 0;
    }
  }
}

bool Lifetimes::travels_as_output(size_t place) const {
  const uint16_t tensor = at(graph_->outputs(), place);
  for (size_t before = 0; before < place; before++) {
    if (at(graph_->outputs(), before) == tensor) {
      return false;
    }
  }
  return lives_[tensor].until != 0;
}

bool Lifetimes::given(uint16_t tensor) const {
  for (size_t i = 0; i < inputs(); i++) {
    if (input(i) == tensor) {
      return true;
    }
  }
  return false;
}

}  // namespace tflm
}  // namespace cutpoint
