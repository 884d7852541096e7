#include "shape_checks.h"

namespace cutpoint {
namespace tflm {
namespace {

// `whole` taken apart into `parts` along an axis, or put together from them.
bool divided(const tflite::Tensor& whole, const tflite::Tensor& part, uint32_t axis) {
  if (rank(whole) != rank(part) || whole.type() != part.type()) {
    return false;
  }
  for (uint32_t i = 0; i < rank(whole); i++) {
    if (i != axis && side(whole, i) != side(part, i)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool padded(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) > 5 || rank(in) != rank(out) || in.type() != out.type() || !listed(step, 1, 2 * rank(in)) ||
      (step.has_input(2) && (step.input(2).type() != in.type() || items(step.input(2)) != 1))) {
    return false;
  }
  int32_t kept = 0;  // of a side; what is left can be mirrored
  if (step.kind() == tflite::BuiltinOperator_MIRROR_PAD) {
    const auto* options = step.options().builtin_options_as_MirrorPadOptions();
    kept = options->mode() == tflite::MirrorPadMode_SYMMETRIC ? 0 : 1;
  }
  for (uint32_t i = 0; i < rank(in); i++) {
    const int64_t before = step.constant_at(1, 2 * i), after = step.constant_at(1, 2 * i + 1);
    if (before < 0 || after < 0 || before + side(in, i) + after != side(out, i)) {
      return false;
    }
    if (step.kind() == tflite::BuiltinOperator_MIRROR_PAD && (before > side(in, i) - kept || after > side(in, i) - kept)) {
      return false;
    }
  }
  return true;
}

bool reduced(const Step& step) {
  const tflite::Tensor &in = step.input(0), &axes = step.input(1), &out = step.output(0);
  if (rank(in) == 0 || rank(in) > 5 || in.type() != out.type() || !step.constant(axes) ||
      axes.type() != tflite::TensorType_INT32 || items(axes) > rank(in)) {
    return false;
  }
  bool gone[5] = {};
  for (uint32_t i = 0; i < items(axes); i++) {
    if (!axis_fits(step.constant_at(1, i), rank(in))) {
      return false;
    }
    gone[from_front(step.constant_at(1, i), rank(in))] = true;
  }
  const bool keep = step.options().builtin_options_as_ReducerOptions()->keep_dims();
  uint32_t place = 0;
  for (uint32_t i = 0; i < rank(in); i++) {
    if (gone[i] && !keep) {
      continue;
    }
    if (place >= rank(out) || side(out, place) != (gone[i] ? 1 : side(in, i))) {
      return false;
    }
    place++;
  }
  return place == rank(out) || (place == 0 && items(out) == 1);
}

bool concatenated(const Step& step) {
  const auto* options = step.options().builtin_options_as_ConcatenationOptions();
  const tflite::Tensor& out = step.output(0);
  if (rank(out) == 0 || rank(out) > 5 || !axis_fits(options->axis(), rank(out)) ||
      options->fused_activation_function() != tflite::ActivationFunctionType_NONE) {
    return false;
  }
  const uint32_t axis = from_front(options->axis(), rank(out));
  int64_t along = 0;
  for (uint32_t i = 0; i < step.inputs(); i++) {
    if (!step.has_input(i) || rank(step.input(i)) != rank(out) || step.input(i).type() != out.type()) {
      return false;
    }
    along += side(step.input(i), axis);
    for (uint32_t dimension = 0; dimension < rank(out); dimension++) {
      if (dimension != axis && side(step.input(i), dimension) != side(out, dimension)) {
        return false;
      }
    }
  }
  return along == side(out, axis);
}

bool split(const Step& step) {
  const bool sized = step.kind() == tflite::BuiltinOperator_SPLIT_V;
  const uint32_t axis_place = sized ? 2 : 0;
  const tflite::Tensor& in = step.input(sized ? 0 : 1);
  const int32_t stated = sized ? step.options().builtin_options_as_SplitVOptions()->num_splits()
                               : step.options().builtin_options_as_SplitOptions()->num_splits();
  if (rank(in) > 5 || !listed(step, axis_place, 1) || !axis_fits(step.constant_at(axis_place, 0), rank(in)) ||
      stated != static_cast<int32_t>(step.outputs()) || (sized && !listed(step, 1, step.outputs()))) {
    return false;
  }
  const uint32_t axis = from_front(step.constant_at(axis_place, 0), rank(in));
  int64_t along = 0;
  for (uint32_t i = 0; i < step.outputs(); i++) {
    if (!divided(in, step.output(i), axis) || (!sized && side(step.output(i), axis) != side(step.output(0), axis)) ||
        (sized && side(step.output(i), axis) != step.constant_at(1, i) && step.constant_at(1, i) != -1)) {
      return false;
    }
    along += side(step.output(i), axis);
  }
  return along == side(in, axis);
}

bool stacked(const Step& step) {
  const bool pack = step.kind() == tflite::BuiltinOperator_PACK;
  const tflite::Tensor& whole = pack ? step.output(0) : step.input(0);
  const int32_t axis = pack ? step.options().builtin_options_as_PackOptions()->axis()
                            : step.options().builtin_options_as_UnpackOptions()->axis();
  const int32_t stated = pack ? step.options().builtin_options_as_PackOptions()->values_count()
                              : step.options().builtin_options_as_UnpackOptions()->num();
  const uint32_t parts = pack ? step.inputs() : step.outputs();
  if (rank(whole) == 0 || !axis_fits(axis, rank(whole)) || stated != static_cast<int32_t>(parts) ||
      side(whole, from_front(axis, rank(whole))) != stated) {
    return false;
  }
  for (uint32_t i = 0; i < parts; i++) {
    if (pack && !step.has_input(i)) {
      return false;
    }
    const tflite::Tensor& part = pack ? step.input(i) : step.output(i);
    if (part.type() != whole.type() || rank(part) + 1 != rank(whole) || items(part) * parts != items(whole)) {
      return false;
    }
  }
  return true;
}

bool transposition(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) > 5 || rank(in) != rank(out) || in.type() != out.type() || !listed(step, 1, rank(in))) {
    return false;
  }
  unsigned seen = 0;
  for (uint32_t i = 0; i < rank(in); i++) {
    const int32_t from = step.constant_at(1, i);
    if (from < 0 || from >= static_cast<int32_t>(rank(in)) || side(out, i) != side(in, static_cast<uint32_t>(from))) {
      return false;
    }
    seen |= 1u << from;
  }
  return seen == (1u << rank(in)) - 1;
}

bool sliced(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) > 5 || rank(in) != rank(out) || in.type() != out.type() || !listed(step, 1, rank(in)) ||
      !listed(step, 2, rank(in))) {
    return false;
  }
  for (uint32_t i = 0; i < rank(in); i++) {
    const int64_t begin = step.constant_at(1, i), size = step.constant_at(2, i);
    if (begin < 0 || begin + side(out, i) > side(in, i) || (size != -1 && size != side(out, i)) ||
        (size == -1 && begin + side(out, i) != side(in, i))) {
      return false;
    }
  }
  return true;
}

bool strided(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  const auto* options = step.options().builtin_options_as_StridedSliceOptions();
  if (rank(in) == 0 || rank(in) > 4 || rank(out) > rank(in) || in.type() != out.type() || options->ellipsis_mask() != 0 ||
      options->new_axis_mask() != 0 || options->offset()) {
    return false;
  }
  for (uint32_t place = 1; place <= 3; place++) {
    if (!listed(step, place, rank(in))) {
      return false;
    }
  }
  // What the kernel will walk over must be what the output has room for.
  uint64_t walked = 1;
  for (uint32_t i = 0; i < rank(in); i++) {
    const int64_t length = side(in, i), stride = step.constant_at(3, i);
    const unsigned bit = 1u << i;
    if (stride == 0 || stride == INT32_MIN) {
      return false;
    }
    const auto bounded = [&](int64_t at) {
      at = at < 0 ? at + length : at;
      const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? length : length - 1;
      return at < low ? low : at > high ? high : at;
    };
    int64_t begin = bounded(step.constant_at(1, i)), end = bounded(step.constant_at(2, i));
    if ((static_cast<unsigned>(options->begin_mask()) & bit) != 0) {
      begin = stride > 0 ? 0 : length - 1;
    }
    if ((static_cast<unsigned>(options->end_mask()) & bit) != 0) {
      end = stride > 0 ? length : -1;
    }
    if ((static_cast<unsigned>(options->shrink_axis_mask()) & bit) != 0) {
      if (stride < 0 || begin >= length) {
        return false;
      }
      end = begin + 1;
    }
    const int64_t steps = stride > 0 ? (end - begin + stride - 1) / stride : (begin - end - stride - 1) / -stride;
    if (steps <= 0 || begin < 0 || begin >= length) {
      return false;
    }
    walked *= static_cast<uint64_t>(steps);
  }
  return walked == items(out);
}

bool resized(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  return rank(in) == 4 && rank(out) == 4 && in.type() == out.type() && listed(step, 1, 2) &&
         step.constant_at(1, 0) == side(out, 1) && step.constant_at(1, 1) == side(out, 2) &&
         side(in, 0) == side(out, 0) && side(in, 3) == side(out, 3);
}

bool extreme_index(const Step& step) {
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  if (rank(in) == 0 || rank(in) > 5 || !listed(step, 1, 1) || !axis_fits(step.constant_at(1, 0), rank(in)) ||
      out.type() != tflite::TensorType_INT32) {
    return false;
  }
  return items(out) * static_cast<uint32_t>(side(in, from_front(step.constant_at(1, 0), rank(in)))) == items(in);
}

bool blocks_of_space(const Step& step) {
  const bool to_batch = step.kind() == tflite::BuiltinOperator_SPACE_TO_BATCH_ND;
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  const tflite::Tensor &space = to_batch ? in : out, &batch = to_batch ? out : in;
  if (rank(in) < 3 || rank(in) > 4 || rank(in) != rank(out) || in.type() != out.type()) {
    return false;
  }
  const uint32_t sides = rank(in) - 2;
  if (!listed(step, 1, sides) || !listed(step, 2, 2 * sides) || side(in, rank(in) - 1) != side(out, rank(in) - 1)) {
    return false;
  }
  int64_t batches = side(space, 0);
  for (uint32_t i = 0; i < sides; i++) {
    const int64_t block = step.constant_at(1, i), before = step.constant_at(2, 2 * i);
    const int64_t after = step.constant_at(2, 2 * i + 1);
    if (block <= 0 || before < 0 || after < 0 || before > INT16_MAX || after > INT16_MAX ||
        int64_t{side(batch, i + 1)} * block != int64_t{side(space, i + 1)} + before + after) {
      return false;
    }
    batches *= block;
    if (batches > INT32_MAX) {
      return false;
    }
  }
  return batches == side(batch, 0);
}

bool blocks_of_depth(const Step& step) {
  const bool to_depth = step.kind() == tflite::BuiltinOperator_SPACE_TO_DEPTH;
  const tflite::Tensor &in = step.input(0), &out = step.output(0);
  const tflite::Tensor &space = to_depth ? in : out, &depth = to_depth ? out : in;
  const int64_t block = to_depth ? step.options().builtin_options_as_SpaceToDepthOptions()->block_size()
                                 : step.options().builtin_options_as_DepthToSpaceOptions()->block_size();
  return rank(in) == 4 && rank(out) == 4 && in.type() == out.type() && block > 0 && block < 0x8000 &&
         side(in, 0) == side(out, 0) && side(depth, 1) * block == side(space, 1) &&
         side(depth, 2) * block == side(space, 2) && side(space, 3) * block * block == side(depth, 3);
}

}  // namespace tflm
}  // namespace cutpoint
