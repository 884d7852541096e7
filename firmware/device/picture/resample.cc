#include "resample.h"

namespace cutpoint::device {
namespace {

// Of numbers that are not negative and small.
int32_t truncated(double value) { return static_cast<int32_t>(value); }

double triangle(double x) {
  const double distance = x < 0 ? -x : x;
  return distance < 1 ? 1 - distance : 0;
}

}  // namespace

Resample::Resample(uint32_t in, uint32_t out) : in_(in), scale_(static_cast<double>(in) / out) {
  support_ = scale_ < 1 ? 1 : scale_;
  const int32_t whole = truncated(support_);
  const int32_t up = static_cast<double>(whole) < support_ ? whole + 1 : whole;
  most_ = static_cast<uint32_t>(2 * up + 1);
}

void Resample::weights(uint32_t x, uint32_t& first, uint32_t& count, int32_t* weights) const {
  const double filter_scale = scale_ < 1 ? 1 : scale_;
  const double centre = (static_cast<double>(x) + 0.5) * scale_;
  const double inverse = 1 / filter_scale;
  int32_t low = truncated(centre - support_ + 0.5);  // towards zero, so -0.3 begins at 0
  low = low < 0 ? 0 : low;
  int32_t high = truncated(centre + support_ + 0.5);
  high = high > static_cast<int32_t>(in_) ? static_cast<int32_t>(in_) : high;
  first = static_cast<uint32_t>(low);
  count = static_cast<uint32_t>(high - low);
  // Twice through, rather than a table of doubles: the sum first, then each weight's share of it.
  double sum = 0;
  for (uint32_t i = 0; i < count; ++i) {
    sum += triangle((static_cast<double>(i + first) - centre + 0.5) * inverse);
  }
  for (uint32_t i = 0; i < count; ++i) {
    const double weight = triangle((static_cast<double>(i + first) - centre + 0.5) * inverse);
    const double share = sum != 0 ? weight / sum : weight;
    weights[i] = truncated(0.5 + share * (1 << kWeightBits));
  }
}

}  // namespace cutpoint::device
